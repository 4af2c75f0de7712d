/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sio-output-private.h"
#include "ws-fixture.h"

/* Volatile messages that wait make room for others, the oldest first, and whole. */

#define BUDGET 50000

/* The queue beside a list of what ought to wait in it. */
typedef struct
{
  SioOutput output;
  GPtrArray *waiting; /* GBytes */
  GArray *flags;      /* gboolean: volatile */
  gsize written;      /* bytes of the first one */
  GByteArray *sent;
  guint next;
} Model;

static gsize
model_cost (Model *m, guint i)
{
  return g_bytes_get_size (g_ptr_array_index (m->waiting, i)) + SIO_OUTPUT_PIECE_COST;
}

static void
model_check (Model *m)
{
  gsize n_bytes = 0;
  gsize volatile_cost = 0;

  for (guint i = 0; i < m->waiting->len; i++)
    {
      n_bytes += g_bytes_get_size (g_ptr_array_index (m->waiting, i));
      if (g_array_index (m->flags, gboolean, i))
        volatile_cost += model_cost (m, i);
    }
  g_assert_cmpuint (m->output.n_items, ==, m->waiting->len);
  g_assert_cmpuint (m->output.n_bytes, ==, n_bytes - m->written);
  g_assert_cmpuint (m->output.volatile_cost, ==, volatile_cost);
}

static void
model_push (Model *m)
{
  gsize size = g_test_rand_int_range (0, 10) == 0 ? g_test_rand_int_range (1, 9000)
                                                  : g_test_rand_int_range (1, 200);
  guint8 *data = g_malloc (size);
  GBytes *bytes;
  gboolean is_volatile = g_test_rand_bit ();

  for (gsize i = 0; i < size; i++)
    data[i] = m->next++ * 31 >> 3;
  bytes = g_bytes_new_take (data, size);
  if (is_volatile)
    sio_output_push_volatile (&m->output, bytes);
  else
    sio_output_push (&m->output, bytes);
  g_ptr_array_add (m->waiting, bytes);
  g_array_append_val (m->flags, is_volatile);
}

static void
model_drop (Model *m)
{
  gsize needed = g_test_rand_int_range (0, 20000);
  gsize wanted = MAX (needed, (gsize) g_test_rand_int_range (1, 20000));
  gsize removable = 0;
  gsize saved = 0;
  guint first = m->written > 0 ? 1 : 0;
  guint n = 0;

  for (guint i = first; i < m->waiting->len; i++)
    if (g_array_index (m->flags, gboolean, i))
      removable += model_cost (m, i);
  for (guint i = first; removable >= needed && i < m->waiting->len && saved < wanted;)
    {
      if (!g_array_index (m->flags, gboolean, i))
        {
          i++;
          continue;
        }
      saved += model_cost (m, i);
      g_ptr_array_remove_index (m->waiting, i);
      g_array_remove_index (m->flags, i);
      n++;
    }
  g_assert_cmpuint (sio_output_drop_volatile (&m->output, 0, needed, wanted), ==, n);
}

static void
model_flush (Model *m, SioChannel *channel)
{
  gsize before = m->output.n_bytes;
  gsize n;

  sio_output_flush (&m->output, channel, NULL);
  for (n = before - m->output.n_bytes; n > 0;)
    {
      gsize size;
      const guint8 *data = g_bytes_get_data (g_ptr_array_index (m->waiting, 0), &size);
      gsize part = MIN (n, size - m->written);

      g_byte_array_append (m->sent, data + m->written, part);
      n -= part;
      m->written += part;
      if (m->written < size)
        break;
      m->written = 0;
      g_ptr_array_remove_index (m->waiting, 0);
      g_array_remove_index (m->flags, 0);
    }
}

static gsize
take (int fd, GByteArray *received, gsize n_max)
{
  guint8 buffer[4096];
  gssize n = recv (fd, buffer, MIN (n_max, sizeof buffer), MSG_DONTWAIT);

  if (n > 0)
    g_byte_array_append (received, buffer, n);
  return MAX (n, 0);
}

static void
test_model (void)
{
  SioReactor *reactor = sio_reactor_get (NULL);
  g_autoptr (GByteArray) received = g_byte_array_new ();
  Model m = { .waiting = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref),
              .flags = g_array_new (FALSE, FALSE, sizeof (gboolean)),
              .sent = g_byte_array_new () };
  SioChannel *channel;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), ==, 0);
  io_set_buffers (fds[0], 4096);
  channel = sio_channel_new_fd (reactor, fds[0]);
  sio_output_init (&m.output);

  for (guint round = 0; round < 20000; round++)
    {
      switch (g_test_rand_int_range (0, 8))
        {
        case 0:
          model_drop (&m);
          break;
        case 1:
          model_flush (&m, channel);
          break;
        case 2:
          take (fds[1], received, g_test_rand_int_range (1, 3000));
          break;
        default:
          if (m.output.n_bytes < 100000)
            model_push (&m);
        }
      model_check (&m);
    }
  while (m.output.n_bytes > 0 || take (fds[1], received, 4096) > 0)
    {
      model_flush (&m, channel);
      take (fds[1], received, 4096);
    }
  model_check (&m);
  g_assert_cmpmem (m.sent->data, m.sent->len, received->data, received->len);
  g_assert_null (m.output.items);

  sio_output_clear (&m.output);
  sio_channel_free (channel);
  close (fds[1]);
  g_ptr_array_unref (m.waiting);
  g_array_unref (m.flags);
  g_byte_array_unref (m.sent);
  sio_reactor_unref (reactor);
}

/* An event of several frames: the first tells which one it is and how many follow, the others
 * repeat the number. */
static GBytes *
event_new (guint id)
{
  GByteArray *frames = g_byte_array_new ();
  guint n = g_test_rand_int_range (0, 4);
  g_autofree char *first = g_strdup_printf ("%u %u", id, n);
  g_autoptr (GBytes) text = sio_ws_frame_new (SIO_WS_OPCODE_TEXT, first, strlen (first));

  g_byte_array_append (frames, g_bytes_get_data (text, NULL), g_bytes_get_size (text));
  for (guint i = 0; i < n; i++)
    {
      gsize size = sizeof id + g_test_rand_int_range (0, 600);
      g_autofree guint8 *data = g_malloc0 (size);
      g_autoptr (GBytes) frame = NULL;

      memcpy (data, &id, sizeof id);
      frame = sio_ws_frame_new (SIO_WS_OPCODE_BINARY, data, size);
      g_byte_array_append (frames, g_bytes_get_data (frame, NULL), g_bytes_get_size (frame));
    }
  return g_byte_array_free_to_bytes (frames);
}

typedef struct
{
  gsize position;
  guint n_left; /* frames of the event */
  guint id;
  GArray *ids; /* of the events that came */
} Reader;

/* Takes frames off what came; all are shorter than 64 KB. */
static void
read_frames (Reader *r, const GByteArray *in)
{
  for (;;)
    {
      const guint8 *p = in->data + r->position;
      gsize left = in->len - r->position;
      gsize head = 2;
      gsize length;

      if (left < 4)
        return;
      length = p[1];
      g_assert_cmpuint (length, <=, 126);
      if (length == 126)
        {
          length = (gsize) p[2] << 8 | p[3];
          head = 4;
        }
      if (left < head + length)
        return;
      if (p[0] == (0x80 | SIO_WS_OPCODE_TEXT))
        {
          g_autofree char *text = g_strndup ((const char *) p + head, length);

          g_assert_cmpuint (r->n_left, ==, 0);
          g_assert_cmpint (sscanf (text, "%u %u", &r->id, &r->n_left), ==, 2);
          g_array_append_val (r->ids, r->id);
        }
      else
        {
          g_assert_cmphex (p[0], ==, 0x80 | SIO_WS_OPCODE_BINARY);
          g_assert_cmpuint (r->n_left, >, 0);
          g_assert_cmpmem (p + head, sizeof r->id, &r->id, sizeof r->id);
          r->n_left--;
        }
      r->position += head + length;
    }
}

/* Whatever is sent, and however it is read: nothing but volatile events gets lost, in order and
 * whole, and what waits keeps to the budget. */
static void
test_random (gconstpointer kind)
{
  Fixture f;
  Reader reader = { .ids = g_array_new (FALSE, FALSE, sizeof (guint)) };
  g_autoptr (GArray) sent = g_array_new (FALSE, FALSE, sizeof (guint)); /* that were taken */
  g_autoptr (GHashTable) ordinary = g_hash_table_new (NULL, NULL);
  guint64 dropped = 0;
  guint n_refused = 0;
  guint n_ordinary = 0;
  guint n_left = 6000;
  guint64 enough = 0;
  guint last = 0;
  guint j = 0;

  ws_setup_started (&f, kind);
  f.config.max_buffered = BUDGET;
  f.config.dropped = &dropped;
  for (guint id = 1; n_left > 0; id++)
    {
      g_autoptr (GBytes) event = event_new (id);
      gboolean is_volatile = g_test_rand_int_range (0, 10) > 0 || n_left == 3000;

      if (is_volatile ? sio_ws_send_volatile (f.ws, event) : sio_ws_send (f.ws, event))
        {
          g_array_append_val (sent, id);
          if (!is_volatile)
            {
              g_hash_table_add (ordinary, GUINT_TO_POINTER (id));
              n_ordinary++;
            }
        }
      else
        n_refused++;
      g_assert_cmpuint (sio_ws_get_buffered (f.ws), <=, BUDGET);
      /* In the middle nothing is read until that had to be paid for. */
      if (n_left == 3000)
        {
          io_peer_pause (&f.peer, dropped < enough);
          if (dropped < enough)
            n_left++;
        }
      else if (g_test_rand_int_range (0, 200) == 0)
        io_peer_pause (&f.peer, !f.peer.paused);
      n_left--;
      if (n_left == 3000 && enough == 0)
        {
          io_peer_pause (&f.peer, FALSE);
          io_wait_for (sio_ws_get_buffered (f.ws) == 0);
          enough = dropped + 100;
        }
      if (g_test_rand_int_range (0, 30) == 0)
        {
          io_iterate ();
          read_frames (&reader, f.peer.in);
        }
    }
  io_peer_pause (&f.peer, FALSE);
  io_wait_for (sio_ws_get_buffered (f.ws) == 0);
  last = g_array_index (sent, guint, sent->len - 1);
  /* The latest one is never among those that have to go. */
  io_wait_for ((read_frames (&reader, f.peer.in), reader.id == last && reader.n_left == 0));

  g_assert_cmpuint (dropped, >=, 100);
  g_assert_cmpuint (reader.ids->len + dropped, ==, sent->len);
  g_test_message ("%u taken, %u of them ordinary; %u came, %" G_GUINT64_FORMAT
                  " dropped, %u refused",
                  sent->len, n_ordinary, reader.ids->len, dropped, n_refused);
  for (guint i = 0; i < sent->len; i++)
    {
      guint id = g_array_index (sent, guint, i);

      if (j < reader.ids->len && g_array_index (reader.ids, guint, j) == id)
        j++;
      else
        g_assert_false (g_hash_table_contains (ordinary, GUINT_TO_POINTER (id)));
    }
  g_assert_cmpuint (j, ==, reader.ids->len);
  ws_teardown (&f);
  g_array_unref (reader.ids);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("Volatile messages make room for others.");

  g_test_add_func ("/volatile/model", test_model);
  io_add_for_all_kinds ("/volatile/random", test_random);
  return g_test_run ();
}
