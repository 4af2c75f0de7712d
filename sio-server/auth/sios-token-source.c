/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-token-source.h"

#include <string.h>

typedef enum
{
  PLACE_AUTH,
  PLACE_AUTHORIZATION,
  PLACE_QUERY,
  PLACE_COOKIE
} PlaceKind;

typedef struct
{
  PlaceKind kind;
  char *name;
} Place;

struct _SiosTokenSource
{
  GArray *places; /* Place */
};

static void
place_clear (gpointer place)
{
  g_free (((Place *) place)->name);
}

static gboolean
place_init (Place *place, const char *text, GError **error)
{
  static const char *const kinds[] = { "auth", "authorization", "query", "cookie" };
  const char *colon = strchr (text, ':');
  gsize length = colon != NULL ? (gsize) (colon - text) : strlen (text);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      gboolean has_name = colon != NULL && colon[1] != '\0';

      if (strlen (kinds[i]) != length || strncmp (kinds[i], text, length) != 0)
        continue;
      if (has_name != (i != PLACE_AUTHORIZATION) || (colon != NULL && !has_name))
        break;
      place->kind = i;
      place->name = has_name ? g_strdup (colon + 1) : NULL;
      return TRUE;
    }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               "Expected auth:NAME, authorization, query:NAME or cookie:NAME, got “%s”", text);
  return FALSE;
}

SiosTokenSource *
sios_token_source_new (const char *text, GError **error)
{
  g_autoptr (SiosTokenSource) self = g_new0 (SiosTokenSource, 1);
  g_auto (GStrv) items = g_strsplit (text, ",", -1);

  self->places = g_array_new (FALSE, TRUE, sizeof (Place));
  g_array_set_clear_func (self->places, place_clear);
  for (guint i = 0; items[i] != NULL; i++)
    {
      Place place = { 0 };

      if (!place_init (&place, g_strstrip (items[i]), error))
        return NULL;
      g_array_append_val (self->places, place);
    }
  if (self->places->len > 0)
    return g_steal_pointer (&self);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               "Expected at least one place, such as “%s”", SIOS_TOKEN_SOURCE_DEFAULT);
  return NULL;
}

void
sios_token_source_free (SiosTokenSource *self)
{
  g_array_unref (self->places);
  g_free (self);
}

const char *
sios_token_skip_bearer (const char *text)
{
  if (g_ascii_strncasecmp (text, "Bearer ", 7) != 0)
    return NULL;
  for (text += 7; *text == ' ';)
    text++;
  return text;
}

/* RFC 6265 §4.2.1: name=value; name=value. Of two of the same name, the first. */
static char *
find_cookie (const char *header, const char *name)
{
  gsize name_length = strlen (name);

  while (header != NULL)
    {
      const char *end;
      gsize length;

      while (*header == ' ' || *header == '\t')
        header++;
      end = strchr (header, ';');
      length = end != NULL ? (gsize) (end - header) : strlen (header);
      if (length > name_length && strncmp (header, name, name_length) == 0 &&
          header[name_length] == '=')
        {
          char *value = g_strstrip (g_strndup (header + name_length + 1, length - name_length - 1));
          gsize value_length = strlen (value);

          if (value_length >= 2 && value[0] == '"' && value[value_length - 1] == '"')
            {
              memmove (value, value + 1, value_length - 2);
              value[value_length - 2] = '\0';
            }
          return value;
        }
      header = end != NULL ? end + 1 : NULL;
    }
  return NULL;
}

static char *
find_auth (JsonNode *auth, const char *name)
{
  JsonNode *node = auth != NULL && JSON_NODE_HOLDS_OBJECT (auth)
                       ? json_object_get_member (json_node_get_object (auth), name)
                       : NULL;

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
                 json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_dup_string (node)
             : NULL;
}

static char *
find_at (Place *place, SioHandshake *handshake)
{
  const char *header;

  switch (place->kind)
    {
    case PLACE_AUTH:
      return find_auth (sio_handshake_get_auth (handshake), place->name);
    case PLACE_AUTHORIZATION:
      header = sio_handshake_get_header (handshake, "authorization");
      return g_strdup (header != NULL ? sios_token_skip_bearer (header) : NULL);
    case PLACE_QUERY:
      return sio_handshake_dup_query_value (handshake, place->name);
    case PLACE_COOKIE:
    default:
      return find_cookie (sio_handshake_get_header (handshake, "cookie"), place->name);
    }
}

char *
sios_token_source_find (SiosTokenSource *self, SioHandshake *handshake)
{
  for (guint i = 0; i < self->places->len; i++)
    {
      g_autofree char *found = find_at (&g_array_index (self->places, Place, i), handshake);
      const char *token;

      if (found == NULL || *found == '\0')
        continue;
      token = sios_token_skip_bearer (found);
      return token != NULL ? g_strdup (token) : g_steal_pointer (&found);
    }
  return NULL;
}
