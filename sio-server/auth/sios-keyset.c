/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-keyset.h"

#include <gio/gio.h>
#include <string.h>

#include "sios-json.h"

SiosKeyset *
sios_keyset_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) sios_token_key_unref);
}

static gboolean
check_room (SiosKeyset *self, GError **error)
{
  if (self->len < SIOS_KEYSET_MAX_KEYS)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "More than %d keys",
               SIOS_KEYSET_MAX_KEYS);
  return FALSE;
}

gboolean
sios_keyset_add_pem (SiosKeyset *self, const char *text, gsize length, GError **error)
{
  static const char begin[] = "-----BEGIN ";
  const char *end = text + length;
  const char *p = g_strstr_len (text, (gssize) length, begin);

  do
    {
      const char *next = p == NULL ? NULL : g_strstr_len (p + 1, end - p - 1, begin);
      const char *start = p != NULL ? p : text;
      SiosTokenKey *key;

      if (!check_room (self, error))
        return FALSE;
      key = sios_token_key_new_pem (start, (gsize) ((next != NULL ? next : end) - start), error);
      if (key == NULL)
        return FALSE;
      g_ptr_array_add (self, key);
      p = next;
    }
  while (p != NULL);
  return TRUE;
}

gboolean
sios_keyset_add_jwks (
    SiosKeyset *self, const char *text, gsize length, gboolean allow_secrets, GError **error)
{
  g_autoptr (JsonNode) node = sios_json_read_object (text, length, error);
  g_autoptr (GError) first_error = NULL;
  JsonNode *keys;
  JsonArray *array;
  guint n_added = 0;

  if (node == NULL)
    return FALSE;
  keys = json_object_get_member (json_node_get_object (node), "keys");
  if (keys == NULL || !JSON_NODE_HOLDS_ARRAY (keys))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "Expected a JWK set: {\"keys\": [ … ]}");
      return FALSE;
    }
  array = json_node_get_array (keys);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *jwk = json_array_get_element (array, i);
      g_autoptr (GError) key_error = NULL;
      SiosTokenKey *key;

      if (!check_room (self, error))
        return FALSE;
      if (!JSON_NODE_HOLDS_OBJECT (jwk))
        continue;
      key = sios_token_key_new_jwk (json_node_get_object (jwk), allow_secrets, &key_error);
      if (key != NULL)
        {
          g_ptr_array_add (self, key);
          n_added++;
        }
      else if (key_error != NULL)
        {
          g_info ("Key %u of a JWK set is left out: %s", i, key_error->message);
          if (first_error == NULL)
            first_error = g_steal_pointer (&key_error);
        }
    }
  if (n_added > 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "The JWK set has no usable key%s%s",
               first_error != NULL ? ": " : "", first_error != NULL ? first_error->message : "");
  return FALSE;
}

gboolean
sios_keyset_find (SiosKeyset *self, SiosAlg alg, const char *kid, GPtrArray *found)
{
  guint before = found->len;

  for (guint i = 0; i < self->len && found->len < SIOS_KEYSET_MAX_TRIES; i++)
    {
      SiosTokenKey *key = self->pdata[i];
      const char *id = sios_token_key_get_id (key);

      if ((sios_token_key_get_algs (key) & SIOS_ALG_BIT (alg)) != 0 &&
          (kid == NULL || id == NULL || strcmp (id, kid) == 0))
        g_ptr_array_add (found, sios_token_key_ref (key));
    }
  return found->len > before;
}

gboolean
sios_keyset_contains (SiosKeyset *self, SiosKeyset *other)
{
  for (guint i = 0; i < other->len; i++)
    {
      if (!g_ptr_array_find_with_equal_func (self, other->pdata[i],
                                             (GEqualFunc) sios_token_key_equal, NULL))
        return FALSE;
    }
  return TRUE;
}

guint
sios_keyset_get_algs (SiosKeyset *self)
{
  guint algs = 0;

  for (guint i = 0; i < self->len; i++)
    algs |= sios_token_key_get_algs (self->pdata[i]);
  return algs;
}
