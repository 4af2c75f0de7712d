/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-utf8-private.h"

typedef struct
{
  const char *bytes;
  gsize length;
  gboolean valid;
  gsize fails_at; /* number of bytes that suffice to know that it is invalid; 0: the end */
} Vector;

#define VALID(s)                                                                                   \
  {                                                                                                \
    s, sizeof (s) - 1, TRUE, 0                                                                     \
  }
#define INVALID(s, n)                                                                              \
  {                                                                                                \
    s, sizeof (s) - 1, FALSE, n                                                                    \
  }

static const Vector vectors[] = {
  VALID (""),
  VALID ("plain"),
  VALID ("nul \0 inside"),
  VALID ("\x7f"),
  VALID ("\xc2\x80"),
  VALID ("\xdf\xbf"),
  VALID ("\xe0\xa0\x80"),
  VALID ("\xed\x9f\xbf"),
  VALID ("\xee\x80\x80"),
  VALID ("\xef\xbf\xbf"),
  VALID ("\xf0\x90\x80\x80"),
  VALID ("\xf4\x8f\xbf\xbf"),
  VALID ("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"),
  VALID ("0123456789abcdef0123456789abcde\xc3\xa9 0123456789abcdef0123456789abcdef"),
  INVALID ("\x80", 1),
  INVALID ("\xbf", 1),
  INVALID ("a\x80", 2),
  INVALID ("\xc0\x80", 1), /* overlong */
  INVALID ("\xc1\xbf", 1),
  INVALID ("\xe0\x80\x80", 2),
  INVALID ("\xe0\x9f\xbf", 2),
  INVALID ("\xf0\x80\x80\x80", 2),
  INVALID ("\xf0\x8f\xbf\xbf", 2),
  INVALID ("\xed\xa0\x80", 2), /* surrogates */
  INVALID ("\xed\xbf\xbf", 2),
  INVALID ("\xf4\x90\x80\x80", 2), /* above U+10FFFF */
  INVALID ("\xf5\x80\x80\x80", 1),
  INVALID ("\xff", 1),
  INVALID ("\xfe", 1),
  INVALID ("\xc2", 0), /* cut */
  INVALID ("\xe2\x82", 0),
  INVALID ("\xf0\x9f\x98", 0),
  INVALID ("\xc2z", 2),
  INVALID ("\xe2\x82z", 3),
  INVALID ("\xc2\xc2\x80", 2),
  INVALID ("0123456789abcdef0123456789abcdef0123456\xff", 40),
};

static void
test_vectors (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (vectors); i++)
    {
      const Vector *v = &vectors[i];
      g_autofree guint8 *copy = g_memdup2 (v->bytes, v->length);

      g_assert_cmpint (sio_utf8_validate (copy, v->length), ==, v->valid);
      /* Every cut in two, and the earliest moment at which it can be known. */
      for (gsize cut = 0; cut <= v->length; cut++)
        {
          guint32 state = 0;
          gboolean first = sio_utf8_validate_slice (&state, copy, cut);

          g_assert_cmpint (first, ==, v->fails_at == 0 || cut < v->fails_at);
          if (first)
            {
              gboolean second =
                  sio_utf8_validate_slice (&state, copy + cut, v->length - cut) && state == 0;

              g_assert_cmpint (second, ==, v->valid);
            }
        }
    }
}

static gboolean
by_bytes (const guint8 *data, gsize length)
{
  guint32 state = 0;

  for (gsize i = 0; i < length; i++)
    {
      if (!sio_utf8_validate_slice (&state, data + i, 1))
        return FALSE;
    }
  return state == 0;
}

static void
test_all_characters (void)
{
  for (guint32 c = 0; c < 0x110000; c++)
    {
      char utf8[6];
      int length = g_unichar_to_utf8 (c, utf8);
      gboolean valid = c < 0xd800 || c > 0xdfff;

      if (sio_utf8_validate ((guint8 *) utf8, length) != valid ||
          by_bytes ((guint8 *) utf8, length) != valid)
        g_error ("U+%04X", c);
    }
}

static void
test_all_beginnings (void)
{
  static const guint8 tails[] = { 0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f,
                                  0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xf0, 0xff };

  for (guint a = 1; a < 256; a++)
    for (guint b = 1; b < 256; b++)
      for (guint i = 1; i < G_N_ELEMENTS (tails); i++)
        for (guint j = 1; j < G_N_ELEMENTS (tails); j++)
          {
            guint8 bytes[4] = { a, b, tails[i], tails[j] };

            if (sio_utf8_validate (bytes, 4) != g_utf8_validate ((char *) bytes, 4, NULL))
              g_error ("%02x %02x %02x %02x", a, b, tails[i], tails[j]);
          }
}

static void
test_random (void)
{
  for (guint round = 0; round < 20000; round++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      guint n = g_test_rand_int_range (0, 60);
      gboolean valid;

      for (guint i = 0; i < n; i++)
        {
          if (g_test_rand_bit ())
            g_string_append_c (text, g_test_rand_int_range (1, 128));
          else
            g_string_append_unichar (text, g_test_rand_int_range (0x80, 0xd800));
        }
      if (text->len > 0 && g_test_rand_int_range (0, 3) == 0)
        text->str[g_test_rand_int_range (0, text->len)] = g_test_rand_int_range (1, 256);
      valid = g_utf8_validate_len (text->str, text->len, NULL);
      g_assert_cmpint (sio_utf8_validate ((guint8 *) text->str, text->len), ==, valid);
      g_assert_cmpint (by_bytes ((guint8 *) text->str, text->len), ==, valid);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/utf8/vectors", test_vectors);
  g_test_add_func ("/utf8/all-characters", test_all_characters);
  g_test_add_func ("/utf8/all-beginnings", test_all_beginnings);
  g_test_add_func ("/utf8/random", test_random);
  return g_test_run ();
}
