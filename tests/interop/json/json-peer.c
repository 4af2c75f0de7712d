/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sio-error.h"
#include "sio-json-private.h"

/* Reads documents from stdin, each as `<length>\n<bytes>`, and answers each with
 *   a <length>\n<bytes>\n   accepted; what the writer makes of what the reader made
 *   u <message>\n           the scanner accepts it, the reader does not
 *   d <message>\n           nested too deeply
 *   r <message>\n           not JSON
 */

#define MAX_LENGTH (64 * 1024 * 1024)

static void
answer (const char *text, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GString) out = NULL;

  if (!sio_json_scan (text, length, SIO_JSON_MAX_DEPTH, NULL, &error))
    {
      gboolean too_deep = g_error_matches (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE);

      printf ("%c %s\n", too_deep ? 'd' : 'r', error->message);
      return;
    }
  node = sio_json_read (text, length, SIO_JSON_MAX_DEPTH, &error);
  if (node == NULL)
    {
      printf ("u %s\n", error->message);
      return;
    }
  out = g_string_new (NULL);
  sio_json_write (out, node);
  printf ("a %" G_GSIZE_FORMAT "\n", out->len);
  fwrite (out->str, 1, out->len, stdout);
  putchar ('\n');
}

int
main (void)
{
  char line[32];

  while (fgets (line, sizeof line, stdin) != NULL)
    {
      guint64 length;
      g_autofree char *text = NULL;

      line[strcspn (line, "\n")] = '\0';
      if (!g_ascii_string_to_unsigned (line, 10, 0, MAX_LENGTH, &length, NULL))
        {
          fprintf (stderr, "json-peer: expected a length, got '%s'\n", line);
          return 1;
        }
      /* The exact size, so that a sanitizer sees a byte read beyond the end. */
      text = g_malloc (MAX (length, 1));
      if (fread (text, 1, length, stdin) != length)
        {
          fprintf (stderr, "json-peer: the document is cut short\n");
          return 1;
        }
      answer (text, length);
    }
  return 0;
}
