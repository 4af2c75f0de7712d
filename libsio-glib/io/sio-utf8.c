/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-utf8-private.h"

#include <string.h>

/* The state between two bytes of a sequence: how many are still to come, and
 * the range of the next one (narrower than 80-BF only after E0, ED, F0, F4). */
#define STATE(left, low, high) ((guint32) (left) | (guint32) (low) << 8 | (guint32) (high) << 16)
#define STATE_LEFT(state) ((state) &0xff)
#define STATE_LOW(state) ((state) >> 8 & 0xff)
#define STATE_HIGH(state) ((state) >> 16 & 0xff)

#define NO_ASCII G_GUINT64_CONSTANT (0x8080808080808080)

static inline const guint8 *
skip_ascii (const guint8 *p, const guint8 *end)
{
  while (end - p >= 32)
    {
      guint64 words[4];

      memcpy (words, p, sizeof words);
      if (((words[0] | words[1] | words[2] | words[3]) & NO_ASCII) != 0)
        break;
      p += 32;
    }
  while (end - p >= 8)
    {
      guint64 word;

      memcpy (&word, p, sizeof word);
      if ((word & NO_ASCII) != 0)
        break;
      p += 8;
    }
  while (p < end && *p < 0x80)
    p++;
  return p;
}

/* Returns: the state after @lead, which is not ASCII; 0 if it cannot begin a sequence. */
static inline guint32
state_of_lead (guint8 lead)
{
  if (lead < 0xc2)
    return 0;
  if (lead < 0xe0)
    return STATE (1, 0x80, 0xbf);
  if (lead < 0xf0)
    return STATE (2, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf);
  if (lead < 0xf5)
    return STATE (3, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf);
  return 0;
}

gboolean
sio_utf8_validate_slice (guint32 *state, const guint8 *data, gsize length)
{
  const guint8 *p = data;
  const guint8 *end = data + length;
  guint32 current = *state;

  while (p < end)
    {
      if (current == 0)
        {
          if (*p < 0x80)
            {
              p = skip_ascii (p, end);
              continue;
            }
          current = state_of_lead (*p++);
          if (current == 0)
            return FALSE;
          continue;
        }
      if (*p < STATE_LOW (current) || *p > STATE_HIGH (current))
        return FALSE;
      p++;
      current = STATE_LEFT (current) > 1 ? STATE (STATE_LEFT (current) - 1, 0x80, 0xbf) : 0;
    }
  *state = current;
  return TRUE;
}

gboolean
sio_utf8_validate (const guint8 *data, gsize length)
{
  guint32 state = 0;

  return sio_utf8_validate_slice (&state, data, length) && state == 0;
}
