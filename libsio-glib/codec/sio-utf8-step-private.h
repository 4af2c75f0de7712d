/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SIO_UTF8_REPLACEMENT "\357\277\275"
#define SIO_UTF8_REPLACEMENT_LENGTH 3

/* Returns the length of the character at @p; or, with *valid FALSE, of the maximal
 * subpart that one U+FFFD stands for (Unicode §3.9, U+FFFD Substitution). @left > 0. */
static inline gsize
sio_utf8_step (const guint8 *p, gsize left, gboolean *valid)
{
  guint8 lead = p[0];
  guint8 low = 0x80, high = 0xbf;
  gsize need, i;

  *valid = FALSE;
  if (lead < 0x80)
    {
      *valid = TRUE;
      return 1;
    }
  if (lead < 0xc2 || lead > 0xf4)
    return 1;
  need = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  /* The second byte tells overlong forms, surrogates and what is above U+10FFFF. */
  if (lead == 0xe0)
    low = 0xa0;
  else if (lead == 0xed)
    high = 0x9f;
  else if (lead == 0xf0)
    low = 0x90;
  else if (lead == 0xf4)
    high = 0x8f;
  for (i = 1; i < need; i++)
    {
      if (i == left || p[i] < low || p[i] > high)
        return i;
      low = 0x80;
      high = 0xbf;
    }
  *valid = TRUE;
  return need;
}

G_END_DECLS
