/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "io-fixture.h"
#include "sio-ws-parser-private.h"

/* Input is written as hexadecimal bytes; 'text' and <hex> are masked with the
 * four bytes before them, or with those before the last such piece of the same
 * frame; _ is the key of RFC 6455's examples; "text*N" repeats the character N times.
 * Expected are the messages in order, and then the violation. */
typedef struct
{
  const char *name;
  const char *input;
  const char *events;
  gsize max_message; /* 0: 1000 */
  int deflate;       /* 0: not negotiated; else the highest ratio, or -1 for any */
} Vector;

static const Vector vectors[] = {
  /* Messages */
  { "rfc-hello", "81 85 37fa213d 7f9f4d5158", "text:Hello" },
  { "text-empty", "81 80 _", "text:" },
  { "binary-empty", "82 80 _", "binary:" },
  { "binary", "82 84 _ <00ff80c0>", "binary:\\x00\\xff\\x80\\xc0" },
  { "zero-mask", "81 82 00000000 'hi'", "text:hi" },
  { "length-125", "82 fd _ x*125", "binary:x*125" },
  { "length-126", "82 fe 007e _ x*126", "binary:x*126" },
  { "length-65535", "82 fe ffff _ x*65535", "binary:x*65535", 70000 },
  { "length-65536", "82 ff 0000000000010000 _ x*65536", "binary:x*65536", 70000 },
  { "two", "81 81 _ 'a' 82 81 _ 'b'", "text:a binary:b" },
  { "utf8", "81 87 _ <c3a9e282acc2a2>", "text:\\xc3\\xa9\\xe2\\x82\\xac\\xc2\\xa2" },
  { "nul-in-text", "81 83 _ <610062>", "text:a\\x00b" },
  { "bad-utf8-in-binary", "82 82 _ <c3ff>", "binary:\\xc3\\xff" },

  /* Fragments */
  { "fragments", "01 83 _ 'Hel' 80 82 _ 'lo'", "text:Hello" },
  { "fragments-binary", "02 81 _ 'a' 00 81 _ 'b' 00 81 _ 'c' 80 81 _ 'd'", "binary:abcd" },
  { "fragments-empty", "01 80 _ 00 80 _ 80 80 _", "text:" },
  { "fragments-empty-last", "01 82 _ 'ab' 80 80 _", "text:ab" },
  { "fragments-empty-first", "01 80 _ 80 82 _ 'ab'", "text:ab" },
  { "ping-between", "01 83 _ 'Hel' 89 82 _ 'hi' 80 82 _ 'lo'", "ping:hi text:Hello" },
  { "pong-between", "02 81 _ 'a' 8a 80 _ 80 81 _ 'b'", "pong: binary:ab" },
  { "utf8-across", "01 81 _ <c3> 80 81 _ <a9>", "text:\\xc3\\xa9" },
  { "utf8-across-3", "01 81 _ <e2> 00 80 _ 89 80 _ 00 81 _ <82> 80 81 _ <ac>",
    "ping: text:\\xe2\\x82\\xac" },
  { "continuation-of-nothing", "80 81 _ 'a'", "1002" },
  { "continuation-of-nothing-open", "00 80 _", "1002" },
  { "continuation-after-end", "81 81 _ 'a' 80 81 _ 'b'", "text:a 1002" },
  { "continuation-after-fragments", "01 81 _ 'a' 80 81 _ 'b' 80 80 _", "text:ab 1002" },
  { "text-in-fragments", "01 81 _ 'a' 81 81 _ 'b'", "1002" },
  { "text-start-in-fragments", "01 81 _ 'a' 01 81 _ 'b'", "1002" },
  { "binary-in-fragments", "01 81 _ 'a' 82 81 _ 'b'", "1002" },
  { "fragments-still-open", "01 80 _ 82 80 _", "1002" },

  /* Control frames */
  { "ping", "89 80 _", "ping:" },
  { "ping-payload", "89 85 _ 'hello'", "ping:hello" },
  { "ping-binary", "89 82 _ <ff00>", "ping:\\xff\\x00" },
  { "ping-125", "89 fd _ x*125", "ping:x*125" },
  { "ping-126", "89 fe 007e _ x*126", "1002" },
  { "ping-64-bit", "89 ff 0000000000010000 _", "1002" },
  { "pong", "8a 83 _ 'abc'", "pong:abc" },
  { "pong-126", "8a fe 007e _", "1002" },
  { "close", "88 80 _", "close:" },
  { "close-code", "88 82 _ <03e8>", "close:\\x03\\xe8" },
  { "close-126", "88 fe 007e _", "1002" },
  { "ping-fragmented", "09 80 _", "1002" },
  { "pong-fragmented", "0a 81 _ 'a'", "1002" },
  { "close-fragmented", "08 80 _", "1002" },

  /* Headers */
  { "unmasked", "81 05 48656c6c6f", "1002" },
  { "unmasked-empty", "81 00", "1002" },
  { "unmasked-ping", "89 00", "1002" },
  { "unmasked-close", "88 02 03e8", "1002" },
  { "unmasked-16-bit", "82 7e 0080", "1002" },
  { "unmasked-second", "81 81 _ 'a' 81 01 61", "text:a 1002" },
  { "rsv1", "c1 80 _", "1002" },
  { "rsv2", "a1 80 _", "1002" },
  { "rsv3", "91 80 _", "1002" },
  { "rsv-all", "f1 80 _", "1002" },
  { "rsv1-ping", "c9 80 _", "1002" },
  { "rsv1-continuation", "01 80 _ c0 80 _", "1002" },
  { "opcode-3", "83 80 _", "1002" },
  { "opcode-4", "84 80 _", "1002" },
  { "opcode-5", "85 80 _", "1002" },
  { "opcode-6", "86 80 _", "1002" },
  { "opcode-7", "87 80 _", "1002" },
  { "opcode-b", "8b 80 _", "1002" },
  { "opcode-c", "8c 80 _", "1002" },
  { "opcode-d", "8d 80 _", "1002" },
  { "opcode-e", "8e 80 _", "1002" },
  { "opcode-f", "8f 80 _", "1002" },
  { "length-16-for-0", "81 fe 0000 _", "1002" },
  { "length-16-for-125", "82 fe 007d _", "1002" },
  { "length-64-for-5", "82 ff 0000000000000005 _", "1002" },
  { "length-64-for-65535", "82 ff 000000000000ffff _", "1002" },
  { "length-top-bit", "82 ff 8000000000000000 _", "1002" },
  { "length-all-bits", "82 ff ffffffffffffffff _", "1002" },

  /* Limits */
  { "limit-reached", "82 fe 03e8 _ x*1000", "binary:x*1000" },
  { "limit-exceeded", "82 fe 03e9 _", "1009" },
  { "limit-exceeded-64", "82 ff 0000000000010000 _", "1009" },
  { "limit-exceeded-huge", "82 ff 7fffffffffffffff _", "1009" },
  { "limit-text", "81 fe 03e9 _", "1009" },
  { "limit-fragments", "02 fe 01f4 _ x*500 80 fe 01f4 _ x*500", "binary:x*1000" },
  { "limit-fragments-exceeded", "02 fe 01f4 _ x*500 00 fe 01f4 _ x*500 80 81 _", "1009" },
  { "limit-next-message", "82 fe 03e8 _ x*1000 81 81 _ 'a'", "binary:x*1000 text:a" },
  { "limit-fragment-huge", "02 81 _ 'a' 80 ff 7fffffffffffffff _", "1009" },
  { "limit-of-huge", "02 81 _ 'a' 80 ff 7fffffffffffffff _", "1009", G_MAXSIZE },
  { "limit-and-ping", "82 82 _ 'ab' 89 85 _ 'hello' 82 83 _", "binary:ab ping:hello 1009", 2 },

  /* UTF-8: as early as it can be known */
  { "utf8-bad", "81 84 _ <616280>", "1007" },
  { "utf8-overlong", "81 82 _ <c080>", "1007" },
  { "utf8-surrogate", "81 83 _ <eda080>", "1007" },
  { "utf8-above", "81 84 _ <f4908080>", "1007" },
  { "utf8-cut", "81 82 _ <61c3>", "1007" },
  { "utf8-cut-3", "81 82 _ <e282>", "1007" },
  { "utf8-early", "01 fe 01f4 _ <61ff>", "1007" },
  { "utf8-early-second", "01 81 _ <e2> 00 85 _ <41>", "1007" },
  { "utf8-early-across", "01 81 _ <f4> 89 80 _ 00 81 _ <90>", "ping: 1007" },
  { "utf8-cut-by-empty", "01 81 _ <c3> 80 80 _", "1007" },
  { "utf8-cut-then-next", "81 81 _ <c3> 81 81 _ <a9>", "1007" },
  { "utf8-good-then-bad", "81 81 _ 'a' 81 81 _ <ff>", "text:a 1007" },
  { "utf8-state-is-new", "01 81 _ <c3> 80 81 _ <a9> 81 81 _ 'b'", "text:\\xc3\\xa9 text:b" },

  /* Incomplete */
  { "nothing", "", "" },
  { "one-byte", "81", "" },
  { "half-header", "82 fe 01", "" },
  { "half-mask", "81 85 37fa", "" },
  { "half-payload", "81 85 _ 'He'", "" },
  { "half-ping", "81 81 _ 'a' 89 85 _ 'He'", "text:a" },
  { "half-message", "01 85 _ 'Hello'", "" },
};

#define RFC_HELLO "c1 87 _ <f248cdc9c90700>"

/* permessage-deflate; the payloads that begin with f2 are from RFC 7692 §7.2.3. */
static const Vector deflate_vectors[] = {
  { "rfc-hello", RFC_HELLO, "text:Hello", 0, -1 },
  { "rfc-fragments", "41 83 _ <f248cd> 80 84 _ <c9c90700>", "text:Hello", 0, -1 },
  { "rfc-stored", "c1 8b _ <000500faff48656c6c6f00>", "text:Hello", 0, -1 },
  { "rfc-final", "c1 88 _ <f348cdc9c9070000>", "text:Hello", 0, -1 },
  { "rfc-two-blocks", "c1 8d _ <f24805000000ffffcac9c90700>", "text:Hello", 0, -1 },
  { "rfc-empty", "c1 81 _ <00>", "text:", 0, -1 },
  /* refers to the message before: that would need a context */
  { "rfc-takeover", RFC_HELLO "c1 85 _ <f200110000>", "text:Hello 1007", 0, -1 },
  { "binary", "c2 87 _ <f248cdc9c90700>", "binary:Hello", 0, -1 },
  { "final-without-empty-block", "c1 87 _ <f348cdc9c90700>", "text:Hello", 0, -1 },
  { "nothing-at-all", "c1 80 _", "text:", 0, -1 },
  { "twice", RFC_HELLO RFC_HELLO, "text:Hello text:Hello", 0, -1 },
  { "plain-too", "81 82 _ 'hi' " RFC_HELLO " 81 80 _", "text:hi text:Hello text:", 0, -1 },
  { "plain-after-fragments", "41 83 _ <f248cd> 80 84 _ <c9c90700> 01 81 _ 'a' 80 81 _ 'b'",
    "text:Hello text:ab", 0, -1 },
  { "fragments-empty", "41 80 _ 00 87 _ <f248cdc9c90700> 80 80 _", "text:Hello", 0, -1 },
  { "ping-between", "41 83 _ <f248cd> 89 82 _ 'hi' 80 84 _ <c9c90700>", "ping:hi text:Hello", 0,
    -1 },
  { "bad-utf8", "c1 83 _ <fa0f00>", "1007", 0, -1 },
  { "stored-utf8", "c1 88 _ <000200fdffc3a900>", "text:\\xc3\\xa9", 0, -1 },
  { "stored-bad-utf8", "c1 88 _ <000200fdffc3c300>", "1007", 0, -1 },
  { "stored-binary", "c2 88 _ <000200fdffc3c300>", "binary:\\xc3\\xc3", 0, -1 },

  { "not-negotiated", RFC_HELLO, "1002" },
  { "rsv1-ping", "c9 80 _", "1002", 0, -1 },
  { "rsv1-pong", "ca 80 _", "1002", 0, -1 },
  { "rsv1-close", "c8 80 _", "1002", 0, -1 },
  { "rsv1-continuation", "41 83 _ <f248cd> c0 84 _ <c9c90700>", "1002", 0, -1 },
  { "rsv1-continuation-of-plain", "01 81 _ 'a' c0 81 _ 'b'", "1002", 0, -1 },
  { "rsv2", "a1 80 _", "1002", 0, -1 },
  { "rsv1-and-2", "e1 80 _", "1002", 0, -1 },
  { "rsv1-and-3", "d1 80 _", "1002", 0, -1 },
  { "rsv1-in-fragments", "01 81 _ 'a' c1 80 _", "1002", 0, -1 },

  { "bad-block-type", "c2 81 _ <07>", "1007", 0, -1 },
  { "bad-stored-length", "c2 85 _ <0005001234>", "1007", 0, -1 },
  { "cut-stored", "c2 87 _ <000a00f5ff4865>", "1007", 0, -1 },
  { "cut-block", "c1 84 _ <f248cdc9>", "1007", 0, -1 },
  { "noise", "c2 88 _ <ffffffffffffffff>", "1007", 0, -1 },
  { "rest-behind-final", "c1 89 _ <f348cdc9c907007777>", "1007", 0, -1 },

  /* 1000 and 1001 times x */
  { "limit-reached", "c2 8b _ <aaa81805a360140c770000>", "binary:x*1000", 0, -1 },
  { "limit-exceeded", "c2 8b _ <aaa81805a360140c7b0000>", "1009", 0, -1 },
  { "limit-exceeded-fragments", "42 85 _ <aaa81805a3> 80 86 _ <60140c7b0000>", "1009", 0, -1 },
  { "limit-of-compressed", "c2 fe 0500 _", "1009", 0, -1 },
};

static GByteArray *
assemble (const char *input)
{
  GByteArray *bytes = g_byte_array_new ();
  guint8 mask[4] = { 0 };
  guint offset = 0;

  for (const char *p = input; *p != '\0';)
    {
      gboolean masked = FALSE;
      guint start = bytes->len;

      if (*p == ' ')
        {
          p++;
          continue;
        }
      if (*p == '_')
        {
          g_byte_array_append (bytes, (const guint8 *) "\x37\xfa\x21\x3d", 4);
          p++;
        }
      else if (*p == '\'')
        {
          const char *end = strchr (++p, '\'');

          g_byte_array_append (bytes, (const guint8 *) p, end - p);
          p = end + 1;
          masked = TRUE;
        }
      else if (p[1] == '*')
        {
          guint8 byte = *p;
          guint n = strtoul (p + 2, (char **) &p, 10);

          g_byte_array_set_size (bytes, start + n);
          memset (bytes->data + start, byte, n);
          masked = TRUE;
        }
      else
        {
          masked = *p == '<';
          p += masked ? 1 : 0;
          while (g_ascii_isxdigit (*p))
            {
              guint8 byte = g_ascii_xdigit_value (p[0]) << 4 | g_ascii_xdigit_value (p[1]);

              g_byte_array_append (bytes, &byte, 1);
              p += 2;
            }
          p += masked ? 1 : 0;
        }
      if (!masked)
        continue;
      if (offset != start)
        memcpy (mask, bytes->data + start - 4, 4);
      for (guint i = start; i < bytes->len; i++)
        bytes->data[i] ^= mask[(i - start) & 3];
      offset = bytes->len;
    }
  return bytes;
}

static void
append_data (GString *log, const guint8 *data, gsize length)
{
  gsize run = 0;

  while (run < length && length > 100 && data[run] == data[0])
    run++;
  if (run == length && length > 100)
    {
      g_string_append_printf (log, "%c*%" G_GSIZE_FORMAT, data[0], length);
      return;
    }
  for (gsize i = 0; i < length; i++)
    {
      if (g_ascii_isprint (data[i]))
        g_string_append_c (log, data[i]);
      else
        g_string_append_printf (log, "\\x%02x", data[i]);
    }
}

static gboolean
log_cb (SioWsOpcode opcode, guint8 *data, gsize length, gpointer user_data)
{
  static const char *const names[16] = {
    [1] = "text:", [2] = "binary:", [8] = "close:", [9] = "ping:", [10] = "pong:"
  };
  GString *log = user_data;

  if (log->len > 0)
    g_string_append_c (log, ' ');
  g_assert_nonnull (names[opcode]);
  g_string_append (log, names[opcode]);
  append_data (log, data, length);
  /* It may be changed by the callee. */
  memset (data, 0xee, length);
  return TRUE;
}

/* Feeds a copy of its own, so that a sanitizer sees whatever goes beyond it. */
static guint16
feed (SioWsParser *parser, const guint8 *data, gsize length, GString *log)
{
  g_autofree guint8 *copy = g_memdup2 (data, length);
  const char *reason = NULL;
  guint16 code = sio_ws_parser_feed (parser, copy, length, log_cb, log, &reason);

  if (code != 0)
    {
      g_assert_nonnull (reason);
      g_string_append_printf (log, "%s%u", log->len > 0 ? " " : "", code);
    }
  else
    g_assert_null (reason);
  return code;
}

static void
init (SioWsParser *parser, const Vector *vector)
{
  sio_ws_parser_init (parser, vector->max_message > 0 ? vector->max_message : 1000);
  if (vector->deflate != 0)
    sio_ws_parser_allow_deflate (parser, (guint16) MAX (vector->deflate, 0));
}

/* @piece: bytes at a time, 0: random */
static void
run (const Vector *vector, GByteArray *input, gsize piece)
{
  g_autoptr (GString) log = g_string_new (NULL);
  SioWsParser parser;

  init (&parser, vector);
  for (gsize at = 0; at < input->len;)
    {
      gsize n = piece > 0 ? piece : (gsize) g_test_rand_int_range (1, 20);

      if (n > input->len - at)
        n = input->len - at;
      if (feed (&parser, input->data + at, n, log) != 0)
        break;
      at += n;
    }
  sio_ws_parser_clear (&parser);
  if (strcmp (log->str, vector->events) != 0)
    g_error ("%s: got “%s”, wanted “%s”", vector->name, log->str, vector->events);
}

static void
test_vector (gconstpointer data)
{
  const Vector *vector = data;
  g_autoptr (GByteArray) input = assemble (vector->input);

  run (vector, input, G_MAXSIZE);
  for (gsize piece = 1; piece < 16; piece++)
    run (vector, input, piece);
  for (guint i = 0; i < 50; i++)
    run (vector, input, 0);
  if (input->len > 2000)
    return;
  /* Every cut in two. */
  for (gsize cut = 1; cut < input->len; cut++)
    {
      g_autoptr (GString) log = g_string_new (NULL);
      SioWsParser parser;

      init (&parser, vector);
      if (feed (&parser, input->data, cut, log) == 0)
        feed (&parser, input->data + cut, input->len - cut, log);
      sio_ws_parser_clear (&parser);
      g_assert_cmpstr (log->str, ==, vector->events);
    }
}

typedef struct
{
  SioWsParser parser;
  const guint8 *start;
  const guint8 *end;
  guint n_calls;
  guint n_inside;
} Probe;

static gboolean
probe_cb (SioWsOpcode opcode, guint8 *data, gsize length, gpointer user_data)
{
  Probe *probe = user_data;

  probe->n_calls++;
  if (data >= probe->start && data + length <= probe->end)
    probe->n_inside++;
  return TRUE;
}

static void
test_in_place (void)
{
  g_autoptr (GByteArray) input = assemble ("81 81 _ 'a' 89 82 _ 'hi' 82 fe 007e _ x*126 01 81 _ 'a'"
                                           "80 81 _ 'b' 82 83 _ 'abc' 82 83 _");
  g_autoptr (GByteArray) rest = assemble ("_ 'xyz'");
  Probe probe = { 0 };
  const char *reason = NULL;

  sio_ws_parser_init (&probe.parser, 1000);
  probe.start = input->data;
  probe.end = input->data + input->len;
  sio_ws_parser_feed (&probe.parser, input->data, input->len, probe_cb, &probe, &reason);
  /* All but the one in two fragments. */
  g_assert_cmpuint (probe.n_calls, ==, 5);
  g_assert_cmpuint (probe.n_inside, ==, 4);
  g_assert_null (probe.parser.message);
  /* A header alone takes no memory, and its payload is not copied either. */
  probe.start = rest->data + 4;
  probe.end = rest->data + rest->len;
  sio_ws_parser_feed (&probe.parser, rest->data + 4, 3, probe_cb, &probe, &reason);
  g_assert_cmpuint (probe.n_inside, ==, 5);
  sio_ws_parser_clear (&probe.parser);
}

/* Memory follows what came, not what was announced. */
static void
test_growth (void)
{
  g_autoptr (GByteArray) input = assemble ("82 ff 0000000040000000 _ 'abcd'");
  g_autoptr (GString) log = g_string_new (NULL);
  SioWsParser parser;

  sio_ws_parser_init (&parser, G_MAXUINT32);
  g_assert_cmpint (feed (&parser, input->data, input->len - 4, log), ==, 0);
  g_assert_null (parser.message);
  g_assert_cmpint (feed (&parser, input->data + input->len - 4, 4, log), ==, 0);
  g_assert_cmpuint (parser.message->len, ==, 4);
  sio_ws_parser_clear (&parser);
}

static void
test_endless_fragments (void)
{
  g_autoptr (GByteArray) first = assemble ("01 80 _");
  g_autoptr (GByteArray) next = assemble ("00 80 _");
  g_autoptr (GString) log = g_string_new (NULL);
  SioWsParser parser;
  guint n = 0;

  sio_ws_parser_init (&parser, 1000);
  g_assert_cmpint (feed (&parser, first->data, first->len, log), ==, 0);
  while (feed (&parser, next->data, next->len, log) == 0)
    g_assert_cmpuint (++n, <, 100000);
  g_assert_cmpuint (n, >, 60000);
  g_assert_cmpstr (log->str, ==, "1009");
  sio_ws_parser_clear (&parser);
}

static gboolean
stop_cb (SioWsOpcode opcode, guint8 *data, gsize length, gpointer user_data)
{
  Probe *probe = user_data;

  probe->n_calls++;
  /* What an owner that is freed in the callback does; the parser is poisoned. */
  sio_ws_parser_clear (&probe->parser);
  memset (&probe->parser, 0xee, sizeof probe->parser);
  return FALSE;
}

static void
test_stop (void)
{
  static const char *const inputs[] = { "81 81 _ 'a' 81 81 _ 'b'", "01 81 _ 'a' 80 81 _ 'b' ff ff",
                                        "89 82 _ 'ab' 00 00" };

  for (guint i = 0; i < G_N_ELEMENTS (inputs); i++)
    for (gsize piece = 1; piece < 20; piece++)
      {
        g_autoptr (GByteArray) input = assemble (inputs[i]);
        Probe probe = { 0 };
        const char *reason = NULL;

        sio_ws_parser_init (&probe.parser, 1000);
        for (gsize at = 0; at < input->len && probe.n_calls == 0; at += piece)
          g_assert_cmpint (sio_ws_parser_feed (&probe.parser, input->data + at,
                                               MIN (piece, input->len - at), stop_cb, &probe,
                                               &reason),
                           ==, 0);
        g_assert_cmpuint (probe.n_calls, ==, 1);
      }
}

/* Data is skipped without limits, control frames come, the framing is kept. */
static void
test_discard (void)
{
  g_autoptr (GByteArray) input =
      assemble ("01 85 _ 'Hello' 00 fe 07d0 _ x*2000 89 82 _ 'hi' 80 82 _ <ffff>"
                "82 fe 07d0 _ x*2000 88 82 _ <03e8>");

  for (gsize piece = 1; piece < 19; piece++)
    {
      g_autoptr (GString) log = g_string_new (NULL);
      SioWsParser parser;

      sio_ws_parser_init (&parser, 1000);
      for (gsize at = 0; at < input->len; at += piece)
        {
          g_assert_cmpint (feed (&parser, input->data + at, MIN (piece, input->len - at), log), ==,
                           0);
          /* In the middle of the first frame, or soon after. */
          if (at == 0)
            sio_ws_parser_discard (&parser);
          g_assert_null (parser.message);
        }
      g_assert_cmpstr (log->str, ==, "ping:hi close:\\x03\\xe8");
      sio_ws_parser_clear (&parser);
    }
}

static void
test_mask (void)
{
  static const guint8 mask[4] = { 0x12, 0x34, 0x56, 0x78 };
  guint8 buffer[300];

  for (gsize start = 0; start < 9; start++)
    for (gsize length = 0; length < 220; length++)
      for (guint offset = 0; offset < 4; offset++)
        {
          for (guint i = 0; i < sizeof buffer; i++)
            buffer[i] = i;
          sio_ws_mask (buffer + start, length, mask, offset);
          for (guint i = 0; i < sizeof buffer; i++)
            {
              guint8 wanted = i;

              if (i >= start && i < start + length)
                wanted ^= mask[(i - start + offset) & 3];
              g_assert_cmpint (buffer[i], ==, wanted);
            }
        }
}

static void
test_frames (void)
{
  static const struct
  {
    guint64 length;
    guint size;
    const char *header;
  } headers[] = {
    { 0, 2, "\x82\x00" },
    { 125, 2, "\x82\x7d" },
    { 126, 4, "\x82\x7e\x00\x7e" },
    { 65535, 4, "\x82\x7e\xff\xff" },
    { 65536, 10, "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" },
    { G_GUINT64_CONSTANT (0x123456789a), 10, "\x82\x7f\x00\x00\x00\x12\x34\x56\x78\x9a" },
  };
  g_autoptr (GBytes) hello = sio_ws_frame_new (SIO_WS_OPCODE_TEXT, "Hello", 5);
  g_autoptr (GBytes) empty = sio_ws_frame_new (SIO_WS_OPCODE_CLOSE, NULL, 0);

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    {
      guint8 header[SIO_WS_MAX_HEADER];
      guint n = sio_ws_frame_header (header, SIO_WS_OPCODE_BINARY, headers[i].length);

      g_assert_cmpmem (header, n, headers[i].header, headers[i].size);
    }
  g_assert_cmpmem (g_bytes_get_data (hello, NULL), g_bytes_get_size (hello), "\x81\x05Hello", 7);
  g_assert_cmpmem (g_bytes_get_data (empty, NULL), g_bytes_get_size (empty), "\x88\x00", 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (vectors); i++)
    {
      g_autofree char *path = g_strconcat ("/ws-parser/vector/", vectors[i].name, NULL);

      g_test_add_data_func (path, &vectors[i], test_vector);
    }
  for (guint i = 0; i < G_N_ELEMENTS (deflate_vectors); i++)
    {
      g_autofree char *path = g_strconcat ("/ws-parser/deflate/", deflate_vectors[i].name, NULL);

      g_test_add_data_func (path, &deflate_vectors[i], test_vector);
    }
  g_test_add_func ("/ws-parser/in-place", test_in_place);
  g_test_add_func ("/ws-parser/growth", test_growth);
  g_test_add_func ("/ws-parser/endless-fragments", test_endless_fragments);
  g_test_add_func ("/ws-parser/stop", test_stop);
  g_test_add_func ("/ws-parser/discard", test_discard);
  g_test_add_func ("/ws-parser/mask", test_mask);
  g_test_add_func ("/ws-parser/frames", test_frames);
  return g_test_run ();
}
