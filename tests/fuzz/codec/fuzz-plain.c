/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdint.h>

#include "sio-plain-codec-private.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static const SioPacketLimits limits = { SIO_JSON_MAX_DEPTH, SIO_PACKET_MAX_ATTACHMENTS,
                                        SIO_PACKET_MAX_NAMESPACE };

/* What looks like a placeholder becomes one more binary value. */
static const SioPacketLimits generous = { SIO_JSON_MAX_DEPTH, G_MAXUINT, SIO_PACKET_MAX_NAMESPACE };

/* What was taken, written again, is taken as the same. */
static void
check_again (GString *packet, GPtrArray *attachments)
{
  g_autoptr (GString) plain = sio_plain_encode (packet->str, packet->len, attachments, 0);
  g_autoptr (GString) again = g_string_new (NULL);
  g_autoptr (GPtrArray) attachments_again = NULL;
  g_autoptr (GError) error = NULL;
  SioPacketView first;
  SioPacketView second;

  g_assert_nonnull (plain);
  g_assert_true (sio_plain_decode (plain->str, plain->len, "/chat,", &generous, again,
                                   &attachments_again, &error));
  g_assert_no_error (error);
  g_assert_true (sio_packet_parse (packet->str, packet->len, &limits, &first, NULL));
  g_assert_true (sio_packet_parse (again->str, again->len, &generous, &second, &error));
  g_assert_no_error (error);
  g_assert_cmpint (first.id, ==, second.id);
  g_assert_cmpuint (first.json.n_items, ==, second.json.n_items);
  g_assert_cmpuint (attachments_again != NULL ? attachments_again->len : 0, >=,
                    attachments != NULL ? attachments->len : 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *text = (const char *) data;
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GPtrArray) attachments = NULL;
  g_autoptr (GError) error = NULL;
  SioPacketView view;

  if (!sio_plain_decode (text, size, "/chat,", &limits, out, &attachments, &error))
    {
      g_assert_nonnull (error);
      return 0;
    }
  g_assert_no_error (error);
  g_assert_true (sio_packet_parse (out->str, out->len, &limits, &view, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (view.n_attachments, ==, attachments != NULL ? attachments->len : 0);
  if (g_utf8_validate (text, (gssize) size, NULL))
    check_again (out, attachments);
  return 0;
}
