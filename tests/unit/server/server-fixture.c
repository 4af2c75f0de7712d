/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server-fixture.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "sio-handshake-private.h"
#include "sio-namespace-private.h"

struct _Client
{
  GSocketConnection *connection;
  GByteArray *input;
  GQueue messages; /* char * */
  gboolean upgraded;
  gboolean opened;
  gboolean closed;
};

static const char *expected_warning;

/* g_test_expect_message() does not see structured messages. */
static GLogWriterOutput
writer_cb (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  for (gsize i = 0; expected_warning != NULL && i < n_fields; i++)
    {
      if (g_str_equal (fields[i].key, "MESSAGE") && (level & G_LOG_LEVEL_WARNING) != 0 &&
          g_pattern_match_simple (expected_warning, fields[i].value))
        {
          expected_warning = NULL;
          return G_LOG_WRITER_HANDLED;
        }
    }
  return g_log_writer_default (level, fields, n_fields, user_data);
}

void
expect_warning (const char *pattern)
{
  static gboolean initialized;

  if (!initialized)
    g_log_set_writer_func (writer_cb, NULL, NULL);
  initialized = TRUE;
  expected_warning = pattern;
}

void
assert_warned (void)
{
  g_assert_null (expected_warning);
}

static gboolean
wake_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

void
wait_a_bit (void)
{
  GSource *source = g_timeout_source_new (5);

  g_source_set_callback (source, wake_cb, NULL, NULL);
  g_source_attach (source, NULL);
  g_main_context_iteration (NULL, TRUE);
  g_source_destroy (source);
  g_source_unref (source);
}

SioSocket *
fake_socket (SioNamespace *ns)
{
  g_autoptr (SioHandshake) handshake = sio_handshake_new (NULL, NULL, 0);
  SioSocket *socket = sio_socket_new (ns, NULL, NULL, handshake);

  sio_namespace_connect_socket (ns, socket);
  return socket;
}

void
fake_receive (SioSocket *socket, const char *packet, GPtrArray *attachments)
{
  static const SioPacketLimits limits = { SIO_JSON_MAX_DEPTH, SIO_PACKET_MAX_ATTACHMENTS };
  /* Not NUL-terminated, as on the wire. */
  g_autofree char *text = g_memdup2 (packet, strlen (packet));
  g_autoptr (GError) error = NULL;
  SioPacketView view;

  sio_packet_parse (text, strlen (packet), &limits, &view, &error);
  g_assert_no_error (error);
  if (view.type == SIO_PACKET_ACK || view.type == SIO_PACKET_BINARY_ACK)
    sio_socket_receive_ack (socket, &view, attachments);
  else
    sio_socket_receive_event (socket, &view, attachments);
}

guint16
server_listen (SioServer *server)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) addresses = NULL;
  g_autoptr (GUri) uri = NULL;

  sio_server_listen (server, "tcp:127.0.0.1:0", &error);
  g_assert_no_error (error);
  addresses = sio_engine_list_addresses (sio_server_get_engine (server));
  uri = g_uri_parse (addresses[0], G_URI_FLAGS_NONE, &error);
  g_assert_no_error (error);
  return (guint16) g_uri_get_port (uri);
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  sio_server_close_finish (SIO_SERVER (source), result, &error);
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

void
server_close (SioServer *server)
{
  gboolean closed = FALSE;

  sio_server_close_async (server, NULL, closed_cb, &closed);
  WAIT_FOR (closed);
}

static void
client_write (Client *client, const void *data, gsize length)
{
  GSocket *socket = g_socket_connection_get_socket (client->connection);
  const char *p = data;

  while (length > 0)
    {
      g_autoptr (GError) error = NULL;
      gssize n = g_socket_send (socket, p, length, NULL, &error);

      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          wait_a_bit ();
          continue;
        }
      if (n < 0)
        return; /* closed by the server: reading tells */
      p += n;
      length -= (gsize) n;
    }
}

static void
append_frame (GByteArray *out, guint8 opcode, const void *data, gsize length)
{
  static const guint8 mask[4] = { 0x11, 0x22, 0x33, 0x44 };
  guint8 header[10] = { (guint8) (0x80 | opcode) };
  guint n = 2;

  if (length < 126)
    header[1] = (guint8) (0x80 | length);
  else
    {
      header[1] = 0x80 | 126;
      header[2] = (guint8) (length >> 8);
      header[3] = (guint8) length;
      n = 4;
      g_assert_cmpuint (length, <=, G_MAXUINT16);
    }
  g_byte_array_append (out, header, n);
  g_byte_array_append (out, mask, 4);
  for (gsize i = 0; i < length; i++)
    {
      guint8 byte = ((const guint8 *) data)[i] ^ mask[i % 4];

      g_byte_array_append (out, &byte, 1);
    }
}

static void
take_frame (Client *client, guint8 opcode, const guint8 *data, gsize length)
{
  if (opcode == 8)
    client->closed = TRUE;
  else if (opcode == 2)
    g_queue_push_tail (&client->messages,
                       g_strdup_printf ("<%.*s>", (int) length, (const char *) data));
  else if (length > 0 && data[0] == '0')
    client->opened = TRUE;
  else if (length > 0 && data[0] == '2')
    {
      g_autoptr (GByteArray) pong = g_byte_array_new ();

      append_frame (pong, 1, "3", 1);
      client_write (client, pong->data, pong->len);
    }
  else if (length > 0 && data[0] == '4')
    g_queue_push_tail (&client->messages, g_strndup ((const char *) data + 1, length - 1));
}

static gboolean
parse_frame (Client *client)
{
  const guint8 *p = client->input->data;
  gsize length;
  guint n = 2;

  if (client->input->len < 2)
    return FALSE;
  length = p[1] & 127;
  if (length == 126)
    n = 4;
  else if (length == 127)
    n = 10;
  if (client->input->len < n)
    return FALSE;
  if (n == 4)
    length = (gsize) p[2] << 8 | p[3];
  else if (n == 10)
    length = (gsize) p[6] << 24 | (gsize) p[7] << 16 | (gsize) p[8] << 8 | p[9];
  if (client->input->len < n + length)
    return FALSE;
  take_frame (client, p[0] & 15, p + n, length);
  g_byte_array_remove_range (client->input, 0, (guint) (n + length));
  return TRUE;
}

/* Reads what there is. */
static void
client_read (Client *client)
{
  GSocket *socket = g_socket_connection_get_socket (client->connection);
  char buffer[4096];

  while (!client->closed)
    {
      g_autoptr (GError) error = NULL;
      gssize n = g_socket_receive (socket, buffer, sizeof buffer, NULL, &error);

      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        break;
      if (n <= 0)
        client->closed = TRUE;
      else
        g_byte_array_append (client->input, (const guint8 *) buffer, (guint) n);
    }
  if (!client->upgraded && client->input->len > 0)
    {
      const char *end =
          g_strstr_len ((const char *) client->input->data, client->input->len, "\r\n\r\n");

      if (end == NULL)
        return;
      g_assert_true (g_str_has_prefix ((const char *) client->input->data, "HTTP/1.1 101"));
      client->upgraded = TRUE;
      g_byte_array_remove_range (client->input, 0,
                                 (guint) (end + 4 - (const char *) client->input->data));
    }
  while (client->upgraded && parse_frame (client))
    ;
}

static gboolean
client_poll (Client *client)
{
  client_read (client);
  return !g_queue_is_empty (&client->messages);
}

Client *
client_open (guint16 port, const char *query)
{
  g_autoptr (GSocketClient) connector = g_socket_client_new ();
  g_autofree char *request = g_strdup_printf (
      "GET /socket.io/?EIO=4&transport=websocket%s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nX-Test: Yes\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      query != NULL ? query : "");
  g_autoptr (GError) error = NULL;
  Client *client = g_new0 (Client, 1);

  client->connection = g_socket_client_connect_to_host (connector, "127.0.0.1", port, NULL, &error);
  g_assert_no_error (error);
  client->input = g_byte_array_new ();
  g_queue_init (&client->messages);
  g_socket_set_blocking (g_socket_connection_get_socket (client->connection), FALSE);
  /* Or the second of two messages would wait for the server's delayed ACK. */
  g_socket_set_option (g_socket_connection_get_socket (client->connection), IPPROTO_TCP,
                       TCP_NODELAY, TRUE, NULL);
  client_write (client, request, strlen (request));
  WAIT_FOR ((client_read (client), client->opened));
  return client;
}

void
client_free (Client *client)
{
  g_queue_clear_full (&client->messages, g_free);
  g_clear_object (&client->connection);
  g_byte_array_unref (client->input);
  g_free (client);
}

static void
append_packet (GByteArray *out, const char *packet)
{
  g_autofree char *text = g_strconcat ("4", packet, NULL);

  append_frame (out, 1, text, strlen (text));
}

void
client_send (Client *client, const char *packet)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  append_packet (out, packet);
  client_write (client, out->data, out->len);
}

void
client_send_binary (Client *client, const char *data, gsize length)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  append_frame (out, 2, data, length);
  client_write (client, out->data, out->len);
}

void
client_send_burst (Client *client, const char *packet, ...)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  va_list ap;

  va_start (ap, packet);
  for (; packet != NULL; packet = va_arg (ap, const char *))
    append_packet (out, packet);
  va_end (ap);
  client_write (client, out->data, out->len);
}

char *
client_receive (Client *client)
{
  WAIT_FOR (client_poll (client) || client->closed);
  g_assert_false (g_queue_is_empty (&client->messages));
  return g_queue_pop_head (&client->messages);
}

void
client_expect (Client *client, const char *expected)
{
  g_autofree char *message = client_receive (client);

  g_assert_cmpstr (message, ==, expected);
}

void
client_expect_nothing (Client *client)
{
  gint64 until = g_get_monotonic_time () + 30 * 1000;

  while (g_get_monotonic_time () < until)
    wait_a_bit ();
  g_assert_false (client_poll (client));
  g_assert_false (client->closed);
}

void
client_expect_closed (Client *client)
{
  WAIT_FOR ((client_read (client), client->closed));
  g_assert_true (g_queue_is_empty (&client->messages));
}

char *
client_join (Client *client, const char *prefix)
{
  g_autofree char *connect = g_strconcat ("0", prefix, NULL);
  g_autofree char *start = g_strconcat ("0", prefix, "{\"sid\":\"", NULL);
  g_autofree char *reply = NULL;

  client_send (client, connect);
  reply = client_receive (client);
  g_assert_true (g_str_has_prefix (reply, start));
  g_assert_true (g_str_has_suffix (reply, "\"}"));
  reply[strlen (reply) - 2] = '\0';
  return g_strdup (reply + strlen (start));
}

void
client_drop (Client *client)
{
  g_io_stream_close (G_IO_STREAM (client->connection), NULL, NULL);
  client->closed = TRUE;
}

typedef struct
{
  GBytes *body;
  gboolean done;
} Answer;

static void
answer_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;
  g_autoptr (GError) error = NULL;

  answer->body = soup_session_send_and_read_finish (SOUP_SESSION (source), result, &error);
  g_assert_no_error (error);
  answer->done = TRUE;
}

char *
http_fetch (SoupSession *http, guint16 port, const char *path, const char *body, guint *status)
{
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u%s", port, path);
  g_autoptr (SoupMessage) message = soup_message_new (body != NULL ? "POST" : "GET", url);
  Answer answer = { 0 };
  char *text;

  if (body != NULL)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));

      soup_message_set_request_body_from_bytes (message, "text/plain", bytes);
    }
  soup_session_send_and_read_async (http, message, G_PRIORITY_DEFAULT, NULL, answer_cb, &answer);
  WAIT_FOR (answer.done);
  text = g_strndup (g_bytes_get_data (answer.body, NULL), g_bytes_get_size (answer.body));
  g_bytes_unref (answer.body);
  if (status != NULL)
    *status = soup_message_get_status (message);
  return text;
}
