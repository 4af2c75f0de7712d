/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sio-json-private.h"
#include "sio-msgpack-private.h"

/* Reads from stdin
 *   m <length>\n<bytes>   a message: decodes it, and encodes the packet again
 *   j <length>\n<bytes>   JSON: encodes an event with it as data
 * and answers each with
 *   a <length of JSON> <length of message> <lengths of the attachments>…\n and all of these
 *   r <message>\n         refused
 */

#define MAX_LENGTH (64 * 1024 * 1024)

static void
print_bytes (GBytes *bytes)
{
  gsize length;
  const void *data = g_bytes_get_data (bytes, &length);

  if (length > 0)
    fwrite (data, 1, length, stdout);
}

static void
answer_message (const guint8 *data, gsize length)
{
  g_autoptr (GBytes) message = g_bytes_new_static (data, length);
  g_autoptr (GBytes) again = NULL;
  g_autoptr (GError) error = NULL;
  SioMsgpackPacket packet;

  if (!sio_msgpack_decode (message, SIO_JSON_MAX_DEPTH, G_MAXUINT, &packet, &error))
    {
      printf ("r %s\n", error->message);
      return;
    }
  again = sio_msgpack_encode (packet.type, packet.nsp->str, packet.id,
                              packet.json != NULL ? packet.json->str : NULL,
                              packet.json != NULL ? packet.json->len : 0, packet.attachments);
  printf ("a %" G_GSIZE_FORMAT " %" G_GSIZE_FORMAT, packet.json != NULL ? packet.json->len : 0,
          g_bytes_get_size (again));
  for (guint i = 0; packet.attachments != NULL && i < packet.attachments->len; i++)
    printf (" %" G_GSIZE_FORMAT, g_bytes_get_size (g_ptr_array_index (packet.attachments, i)));
  putchar ('\n');
  if (packet.json != NULL)
    fwrite (packet.json->str, 1, packet.json->len, stdout);
  print_bytes (again);
  for (guint i = 0; packet.attachments != NULL && i < packet.attachments->len; i++)
    print_bytes (g_ptr_array_index (packet.attachments, i));
  sio_msgpack_packet_clear (&packet);
}

static void
answer_json (const char *text, gsize length)
{
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) error = NULL;

  if (!sio_json_scan (text, length, SIO_JSON_MAX_DEPTH, NULL, &error))
    {
      printf ("r %s\n", error->message);
      return;
    }
  message = sio_msgpack_encode (SIO_PACKET_EVENT, "/", -1, text, length, NULL);
  printf ("a 0 %" G_GSIZE_FORMAT "\n", g_bytes_get_size (message));
  print_bytes (message);
}

int
main (void)
{
  char line[32];

  while (fgets (line, sizeof line, stdin) != NULL)
    {
      guint64 length;
      g_autofree char *data = NULL;

      line[strcspn (line, "\n")] = '\0';
      if ((line[0] != 'm' && line[0] != 'j') || line[1] != ' ' ||
          !g_ascii_string_to_unsigned (line + 2, 10, 0, MAX_LENGTH, &length, NULL))
        {
          fprintf (stderr, "msgpack-peer: expected 'm' or 'j' and a length, got '%s'\n", line);
          return 1;
        }
      /* The exact size, so that a sanitizer sees a byte read beyond the end. */
      data = g_malloc (MAX (length, 1));
      if (fread (data, 1, length, stdin) != length)
        {
          fprintf (stderr, "msgpack-peer: the input is cut short\n");
          return 1;
        }
      if (line[0] == 'm')
        answer_message ((const guint8 *) data, length);
      else
        answer_json (data, length);
    }
  return 0;
}
