/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-request-info-private.h"

#include <string.h>

/* The block holds, NUL-terminated one after the other: remote address, url, then
 * name and value of each header (names in lower case). */
struct _SioRequestInfo
{
  gint64 time;
  guint ref_count;
  guint32 length;
  guint32 url;
  guint32 headers;
  guint secure : 1;
  char block[];
};

SioRequestInfo *
sio_request_info_new (const char *remote_address,
                      gboolean secure,
                      const char *url,
                      gsize url_length,
                      const char *headers,
                      gsize headers_length)
{
  gsize address_length = strlen (remote_address) + 1;
  gsize length = address_length + url_length + 1 + headers_length;
  SioRequestInfo *self = g_malloc (sizeof (SioRequestInfo) + length);
  char *p;

  self->time = g_get_real_time ();
  self->ref_count = 1;
  self->length = (guint32) length;
  self->url = (guint32) address_length;
  self->headers = (guint32) (address_length + url_length + 1);
  self->secure = !!secure;
  memcpy (self->block, remote_address, address_length);
  memcpy (self->block + self->url, url, url_length);
  self->block[self->url + url_length] = '\0';
  p = self->block + self->headers;
  if (headers_length > 0)
    memcpy (p, headers, headers_length);
  while (p < self->block + length)
    {
      for (; *p != '\0'; p++)
        *p = g_ascii_tolower (*p);
      p += 1;
      p += strlen (p) + 1;
    }
  return self;
}

SioRequestInfo *
sio_request_info_ref (SioRequestInfo *self)
{
  self->ref_count++;
  return self;
}

void
sio_request_info_unref (SioRequestInfo *self)
{
  if (--self->ref_count == 0)
    g_free (self);
}

gsize
sio_request_info_get_size (SioRequestInfo *self)
{
  return sizeof (SioRequestInfo) + self->length;
}

const char *
sio_request_info_get_url (SioRequestInfo *self)
{
  return self->block + self->url;
}

const char *
sio_request_info_get_query (SioRequestInfo *self)
{
  const char *mark = strchr (sio_request_info_get_url (self), '?');

  return mark != NULL ? mark + 1 : "";
}

char *
sio_request_info_dup_query_value (SioRequestInfo *self, const char *name)
{
  return sio_query_dup_value (sio_request_info_get_query (self), name);
}

gboolean
sio_request_info_next_header (SioRequestInfo *self,
                              guint *position,
                              const char **name,
                              const char **value)
{
  const char *p = self->block + self->headers + *position;

  if (p >= self->block + self->length)
    return FALSE;
  *name = p;
  p += strlen (p) + 1;
  *value = p;
  p += strlen (p) + 1;
  *position = (guint) (p - (self->block + self->headers));
  return TRUE;
}

const char *
sio_request_info_get_header (SioRequestInfo *self, const char *name)
{
  guint position = 0;
  const char *key;
  const char *value;

  while (sio_request_info_next_header (self, &position, &key, &value))
    if (g_ascii_strcasecmp (key, name) == 0)
      return value;
  return NULL;
}

const char *
sio_request_info_get_remote_address (SioRequestInfo *self)
{
  return self->block;
}

gboolean
sio_request_info_is_secure (SioRequestInfo *self)
{
  return self->secure;
}

gint64
sio_request_info_get_time (SioRequestInfo *self)
{
  return self->time;
}

/* URLSearchParams: + is a space, bad percent escapes stay as they are, bytes that are
 * not UTF-8 are replaced. */
static char *
decode (const char *text, gsize length)
{
  g_autofree char *out = g_malloc (length + 1);
  gsize n = 0;

  for (gsize i = 0; i < length; i++)
    {
      if (text[i] == '+')
        out[n++] = ' ';
      else if (text[i] == '%' && i + 2 < length && g_ascii_isxdigit (text[i + 1]) &&
               g_ascii_isxdigit (text[i + 2]))
        {
          out[n++] =
              (char) (g_ascii_xdigit_value (text[i + 1]) << 4 | g_ascii_xdigit_value (text[i + 2]));
          i += 2;
        }
      else
        out[n++] = text[i];
    }
  return g_utf8_make_valid (out, (gssize) n);
}

/* Steps over one name=value pair; FALSE at the end. */
static gboolean
next_pair (const char **query,
           const char **name,
           gsize *name_length,
           const char **value,
           gsize *value_length)
{
  const char *start = *query;
  gsize length;
  const char *equals;

  while (*start == '&')
    start++;
  if (*start == '\0')
    return FALSE;
  length = strcspn (start, "&");
  equals = memchr (start, '=', length);
  *name = start;
  *name_length = equals != NULL ? (gsize) (equals - start) : length;
  *value = equals != NULL ? equals + 1 : start + length;
  *value_length = (gsize) (start + length - *value);
  *query = start + length;
  return TRUE;
}

/* TRUE if decoding changes nothing. */
static gboolean
is_plain (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (text[i] == '%' || text[i] == '+' || (guchar) text[i] >= 0x80)
      return FALSE;
  return TRUE;
}

char *
sio_query_dup_value (const char *query, const char *wanted)
{
  char *result = NULL;
  gsize wanted_length = strlen (wanted);
  const char *name;
  const char *value;
  gsize name_length;
  gsize value_length;

  while (next_pair (&query, &name, &name_length, &value, &value_length))
    {
      g_autofree char *decoded = NULL;
      gboolean match;

      if (is_plain (name, name_length))
        match = name_length == wanted_length && memcmp (name, wanted, name_length) == 0;
      else
        {
          decoded = decode (name, name_length);
          match = strcmp (decoded, wanted) == 0;
        }
      if (match)
        {
          g_free (result);
          result = decode (value, value_length);
        }
    }
  return result;
}

GHashTable *
sio_query_parse (const char *query)
{
  GHashTable *table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  const char *name;
  const char *value;
  gsize name_length;
  gsize value_length;

  while (next_pair (&query, &name, &name_length, &value, &value_length))
    g_hash_table_replace (table, decode (name, name_length), decode (value, value_length));
  return table;
}
