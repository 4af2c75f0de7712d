/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-content-coding-private.h"

#include <string.h>

#include "sio-transport-private.h"

/* Compression of HTTP responses, §1.18. */

#define UNSET (-1)

enum
{
  GZIP,
  DEFLATE,
  ANY,
  N_CODINGS
};

static const struct
{
  const char *name;
  SioDeflateForm form;
} codings[N_CODINGS] = { { "gzip", SIO_DEFLATE_GZIP },
                         { "deflate", SIO_DEFLATE_ZLIB },
                         { "*", SIO_DEFLATE_NONE } };

typedef struct
{
  int quality; /* thousandths */
  guint order;
} Preference;

/* The parameters of one item of the list, which begin with a semicolon or are empty.
 * Returns thousandths; 0 also for what is no quality. */
static int
parse_quality (const char *text, const char *end)
{
  int value = 0;

  text += strspn (text, " \t");
  if (text >= end)
    return 1000;
  if (*text != ';')
    return 0;
  text++;
  text += strspn (text, " \t");
  if (end - text < 3 || g_ascii_tolower (text[0]) != 'q' || text[1] != '=' ||
      (text[2] != '0' && text[2] != '1'))
    return 0;
  value = (text[2] - '0') * 1000;
  text += 3;
  if (text < end && *text == '.')
    {
      text++;
      for (int unit = 100; text < end && unit > 0 && g_ascii_isdigit (*text); unit /= 10)
        value += (*text++ - '0') * unit;
    }
  while (text < end && (*text == ' ' || *text == '\t'))
    text++;
  return text == end && value <= 1000 ? value : 0;
}

static void
parse_list (const char *text, Preference *preferences, guint *order)
{
  while (*text != '\0')
    {
      const char *end;
      gsize length;

      text += strspn (text, ", \t");
      end = text + strcspn (text, ",");
      length = MIN (strcspn (text, "; \t"), (gsize) (end - text));
      for (guint i = 0; i < N_CODINGS; i++)
        if (strlen (codings[i].name) == length &&
            g_ascii_strncasecmp (codings[i].name, text, length) == 0 &&
            preferences[i].quality == UNSET)
          {
            preferences[i].quality = parse_quality (text + length, end);
            preferences[i].order = (*order)++;
          }
      text = end;
    }
}

const char *
sio_request_choose_coding (SioRequest *request, SioDeflateForm *form)
{
  Preference preferences[N_CODINGS] = { { UNSET }, { UNSET }, { UNSET } };
  guint order = 0;
  guint position = 0;
  const char *name;
  const char *value;
  const Preference *best = NULL;
  const char *coding = NULL;

  *form = SIO_DEFLATE_NONE;
  while (sio_request_info_next_header (request->info, &position, &name, &value))
    if (strcmp (name, "accept-encoding") == 0)
      parse_list (value, preferences, &order);
  for (guint i = 0; i < ANY; i++)
    {
      const Preference *mine =
          preferences[i].quality != UNSET ? &preferences[i] : &preferences[ANY];

      if (mine->quality <= 0 ||
          (best != NULL && (mine->quality < best->quality ||
                            (mine->quality == best->quality && mine->order >= best->order))))
        continue;
      best = mine;
      coding = codings[i].name;
      *form = codings[i].form;
    }
  return coding;
}

GBytes *
sio_http_compress (SioEngine *engine, SioRequest *request, GBytes *body)
{
  g_autoptr (GByteArray) out = NULL;
  SioDeflateForm form;
  const char *coding;
  gsize length;
  gconstpointer data = g_bytes_get_data (body, &length);

  if (engine == NULL || !engine->http_compression || length < engine->http_compression_threshold)
    return body;
  coding = sio_request_choose_coding (request, &form);
  if (coding == NULL)
    return body;
  out = g_byte_array_new ();
  if (!sio_deflate_append (out, form, data, length))
    return body;
  sio_request_set_response_header (request, "Content-Encoding", coding);
  g_bytes_unref (body);
  return g_byte_array_free_to_bytes (g_steal_pointer (&out));
}
