/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "sio-http-parser-private.h"
#include "sio-request-info-private.h"

/* The head of a request, from the socket to what hooks see of it. */

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_info (const SioHttpHead *head)
{
  g_autoptr (SioRequestInfo) info = sio_request_info_new (
      "127.0.0.1", FALSE, head->url, head->url_length, head->headers, head->headers_length);
  g_autoptr (GHashTable) query = sio_query_parse (sio_request_info_get_query (info));
  GHashTableIter iter;
  gpointer key;
  gpointer value;
  guint position = 0;
  const char *name;
  const char *text;

  if (strlen (sio_request_info_get_url (info)) != head->url_length)
    g_error ("the URL was cut");
  while (sio_request_info_next_header (info, &position, &name, &text))
    if (strpbrk (name, "\r\n: ") != NULL || strpbrk (text, "\r\n") != NULL)
      g_error ("a header contains what ends it");
  g_hash_table_iter_init (&iter, query);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      g_autofree char *again = sio_query_dup_value (sio_request_info_get_query (info), key);

      if (!g_utf8_validate (key, -1, NULL) || !g_utf8_validate (value, -1, NULL))
        g_error ("a query parameter is not UTF-8");
      if (again != NULL && strcmp (again, value) != 0)
        g_error ("two ways to read the query disagree");
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree SioHttpHead *head = g_new0 (SioHttpHead, 1);
  g_autofree char *copy = size > 0 ? g_memdup2 (data, size) : g_strdup ("");
  SioHttpResult result;

  result = sio_http_parse_head (copy, size, "/socket.io/", "/ws", head);
  if (result == SIO_HTTP_COMPLETE)
    {
      if (head->head_length > size || head->head_length > SIO_HTTP_MAX_HEAD)
        g_error ("the head is longer than the input");
      check_info (head);
    }
  return 0;
}
