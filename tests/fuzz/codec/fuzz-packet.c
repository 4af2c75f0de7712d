/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "sio-packet-codec-private.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static gboolean
is_binary (const SioPacketView *view)
{
  return view->type == SIO_PACKET_BINARY_EVENT || view->type == SIO_PACKET_BINARY_ACK;
}

/* What was understood, written again, is understood as the same. */
static void
check_again (const SioPacketView *view)
{
  g_autofree char *nsp = g_strndup (view->nsp, view->nsp_length);
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  SioPacketView again;

  sio_packet_append_prefix (out, view->type, view->n_attachments, nsp, view->id);
  if (view->json.value.type != SIO_JSON_NONE)
    g_string_append_len (out, view->json.value.text, (gssize) view->json.value.length);
  g_assert_true (sio_packet_parse (out->str, out->len, NULL, &again, &error));
  g_assert_no_error (error);
  g_assert_cmpint (again.type, ==, view->type);
  g_assert_cmpuint (again.n_attachments, ==, view->n_attachments);
  g_assert_cmpmem (again.nsp, again.nsp_length, view->nsp, view->nsp_length);
  g_assert_cmpint (again.id, ==, view->id);
  g_assert_cmpuint (again.json.n_items, ==, view->json.n_items);
  g_assert_cmpmem (again.json.rest, again.json.rest_length, view->json.rest,
                   view->json.rest_length);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *text = (const char *) data;
  g_autoptr (GError) error = NULL;
  SioPacketView view;

  /* Also on text that was never scanned: undefined, but bounded. */
  sio_packet_check_placeholders (text, size, 2, NULL);

  if (!sio_packet_parse (text, size, NULL, &view, &error))
    {
      g_assert_nonnull (error);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return 0;
    }
  g_assert_no_error (error);
  g_assert_cmpint (view.nsp[0], ==, '/');
  g_assert_cmpuint (view.n_attachments, <=, SIO_PACKET_MAX_ATTACHMENTS);
  g_assert_true ((view.n_attachments > 0) == is_binary (&view));
  g_assert_true (view.id >= -1 && view.id <= SIO_PACKET_MAX_ID);
  if (view.type == SIO_PACKET_EVENT || view.type == SIO_PACKET_BINARY_EVENT)
    {
      g_assert_cmpuint (view.json.n_items, >, 0);
      if (view.json.first.type == SIO_JSON_STRING)
        {
          gsize length;
          g_autofree char *name = sio_json_string_decode (&view.json.first, &length);

          g_assert_true (strlen (name) < length || !sio_event_name_is_reserved (name));
        }
    }
  check_again (&view);
  return 0;
}
