/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-connection-private.h"

#include <string.h>

#include "sio-dynamic-private.h"
#include "sio-error.h"
#include "sio-handshake-private.h"
#include "sio-json-private.h"
#include "sio-namespace-private.h"
#include "sio-parser-private.h"
#include "sio-server-private.h"
#include "sio-socket-private.h"

/* For how long packets of a namespace that was left are ignored: they may have been on their
 * way (protocol.md Appendix C, 11). */
#define GRACE_US (5 * G_USEC_PER_SEC)

/* Bytes of a namespace with the query that clients of Engine.IO 3 authenticate with. */
#define EIO3_MAX_NAMESPACE 16384

/* Bytes that a plain WebSocket client may send before it is accepted; each message counts more. */
#define MAX_EARLY (64 * 1024)
#define EARLY_COST 128

/* A binary packet whose attachments are still coming. */
typedef struct
{
  guint n_expected;
  GPtrArray *attachments;
  gsize length;
  char text[];
} Partial;

/* Nobody has more on the way than this; who leaves more gets no grace for the oldest. */
#define MAX_LEFT 64

typedef struct
{
  char *name; /* of a namespace that may be gone, too */
  gint64 time;
} Left;

/* What a plain WebSocket client sent before its namespace accepted it: it cannot know when that is.
 */
typedef struct
{
  SioConnection *connection;
  GPtrArray *messages; /* element-type GBytes; the first byte tells whether it is text */
  gsize size;
  SioDefer resume;
} Early;

struct _SioConnection
{
  guint ref_count;
  guint closing : 1; /* nothing is accepted any more */
  guint plain : 1;   /* joins one namespace by itself, and ends with it */
  guint eio3 : 1;    /* protocol.md §3.8 */
  SioServer *server; /* NULL once closed or detached */
  SioSession *session;
  SioSocket *first;   /* owned; nearly all connections have one namespace */
  GPtrArray *more;    /* element-type SioSocket */
  GPtrArray *lookups; /* element-type SioLookup, of namespaces that may be made; or NULL */
  Partial *partial;
  Early *early;
  SioDecoder *decoder;   /* NULL: packets are text */
  GArray *left;          /* element-type Left */
  SioDeadline *deadline; /* until a namespace is joined */
};

static void
partial_free (Partial *partial)
{
  g_clear_pointer (&partial->attachments, g_ptr_array_unref);
  g_free (partial);
}

static void
left_clear (gpointer data)
{
  g_free (((Left *) data)->name);
}

static void
early_free (Early *early)
{
  sio_defer_cancel (&early->resume);
  g_ptr_array_unref (early->messages);
  g_free (early);
}

SioConnection *
sio_connection_ref (SioConnection *self)
{
  self->ref_count++;
  return self;
}

static void
clear_deadline (SioConnection *self)
{
  if (self->deadline == NULL)
    return;
  sio_deadline_disarm (self->deadline);
  g_clear_pointer (&self->deadline, g_free);
}

void
sio_connection_unref (SioConnection *self)
{
  if (--self->ref_count > 0)
    return;
  clear_deadline (self);
  g_clear_pointer (&self->lookups, g_ptr_array_unref);
  g_clear_pointer (&self->early, early_free);
  g_clear_pointer (&self->partial, partial_free);
  g_clear_object (&self->decoder);
  g_clear_pointer (&self->left, g_array_unref);
  g_clear_pointer (&self->more, g_ptr_array_unref);
  g_clear_object (&self->first);
  g_clear_object (&self->session);
  g_free (self);
}

static SioSocket *
find_socket (SioConnection *self, const char *name, gsize length)
{
  if (self->first != NULL && sio_namespace_has_name (self->first->ns, name, length))
    return self->first;
  for (guint i = 0; self->more != NULL && i < self->more->len; i++)
    {
      SioSocket *socket = g_ptr_array_index (self->more, i);

      if (sio_namespace_has_name (socket->ns, name, length))
        return socket;
    }
  return NULL;
}

static void
add_socket (SioConnection *self, SioSocket *socket)
{
  if (self->first == NULL)
    self->first = g_object_ref (socket);
  else
    {
      if (self->more == NULL)
        self->more = g_ptr_array_new_with_free_func (g_object_unref);
      g_ptr_array_add (self->more, g_object_ref (socket));
    }
}

/* (transfer full): a copy that stays as it is, whatever the sockets' handlers do. */
static GPtrArray *
list_sockets (SioConnection *self)
{
  GPtrArray *sockets = g_ptr_array_new_with_free_func (g_object_unref);

  if (self->first != NULL)
    g_ptr_array_add (sockets, g_object_ref (self->first));
  for (guint i = 0; self->more != NULL && i < self->more->len; i++)
    g_ptr_array_add (sockets, g_object_ref (g_ptr_array_index (self->more, i)));
  return sockets;
}

static void
remember_left (SioConnection *self, SioNamespace *ns)
{
  gint64 now = g_get_monotonic_time ();
  const char *name = sio_namespace_get_name (ns);
  Left left = { g_strdup (name), now };

  if (self->left == NULL)
    {
      self->left = g_array_new (FALSE, FALSE, sizeof (Left));
      g_array_set_clear_func (self->left, left_clear);
    }
  for (guint i = self->left->len; i > 0; i--)
    {
      Left *other = &g_array_index (self->left, Left, i - 1);

      if (now - other->time > GRACE_US || g_str_equal (other->name, name))
        g_array_remove_index (self->left, i - 1);
    }
  if (self->left->len == MAX_LEFT)
    g_array_remove_index (self->left, 0);
  g_array_append_val (self->left, left);
}

static gboolean
left_recently (SioConnection *self, const char *name, gsize length)
{
  for (guint i = 0; self->left != NULL && i < self->left->len; i++)
    {
      Left *left = &g_array_index (self->left, Left, i);

      if (strncmp (left->name, name, length) == 0 && left->name[length] == '\0')
        return g_get_monotonic_time () - left->time <= GRACE_US;
    }
  return FALSE;
}

void
sio_connection_remove_socket (SioConnection *self, SioSocket *socket)
{
  if (self->server != NULL && !self->closing && socket->state != SIO_SOCKET_CONNECTING)
    remember_left (self, socket->ns);

  if (self->first == socket)
    g_clear_object (&self->first);
  else if (self->more != NULL)
    g_ptr_array_remove_fast (self->more, socket);
  if (self->plain && !self->closing)
    {
      g_autoptr (SioConnection) hold = sio_connection_ref (self);

      sio_session_close (self->session);
    }
}

void
sio_connection_socket_joined (SioConnection *self, SioSocket *socket)
{
  clear_deadline (self);
  if (self->early != NULL)
    sio_defer_queue (&self->early->resume, sio_session_get_reactor (self->session));
}

/* The session is over, or as good as: protocol.md §4.7. */
static void
close_sockets (SioConnection *self, const char *reason, const char *description)
{
  g_autoptr (GPtrArray) sockets = NULL;

  self->closing = TRUE;
  clear_deadline (self);
  g_clear_pointer (&self->lookups, g_ptr_array_unref);
  g_clear_pointer (&self->early, early_free);
  g_clear_pointer (&self->partial, partial_free);
  if (self->decoder != NULL)
    sio_decoder_reset (self->decoder);
  if (self->first != NULL && self->more == NULL)
    {
      g_autoptr (SioSocket) socket = g_object_ref (self->first);

      sio_socket_disconnected (socket, reason, description);
      return;
    }
  sockets = list_sockets (self);
  for (guint i = 0; i < sockets->len; i++)
    sio_socket_disconnected (g_ptr_array_index (sockets, i), reason, description);
}

static void
closed_cb (SioSession *session, const char *reason, const char *description, gpointer user_data)
{
  SioConnection *self = user_data;
  SioServer *server = self->server;

  close_sockets (self, reason, description);
  if (server != NULL && self->server == server)
    {
      self->server = NULL;
      sio_server_forget_connection (server, self);
    }
  sio_connection_unref (self);
}

/* Protocol violations: the session is closed, and where that has to wait for a polling client
 * the sockets do not (protocol.md §3.4). */
static void
break_off (SioConnection *self, SioIncidentInfo *info)
{
  self->closing = TRUE;
  sio_session_report_incident (self->session, info);
  sio_session_close (self->session);
  close_sockets (self, "forced server close", info->text);
}

static void
violation (SioConnection *self, const char *what)
{
  SioIncidentInfo info = { .kind = SIO_INCIDENT_VIOLATION, .text = what };

  break_off (self, &info);
}

void
sio_connection_violate (SioConnection *self, SioIncidentInfo *info)
{
  sio_connection_ref (self);
  if (!self->closing)
    break_off (self, info);
  sio_connection_unref (self);
}

/* What cannot be understood: the sockets hear of it before the end. */
static void
parse_error (SioConnection *self, const GError *error)
{
  g_autoptr (GPtrArray) sockets = list_sockets (self);
  SioIncidentInfo info = { .kind = SIO_INCIDENT_VIOLATION, .text = error->message };

  self->closing = TRUE;
  sio_session_report_incident (self->session, &info);
  for (guint i = 0; i < sockets->len; i++)
    sio_socket_receive_error (g_ptr_array_index (sockets, i), error);
  sio_session_close (self->session);
}

static void
refuse (SioConnection *self, const char *name, gsize length, SioUnwelcome why)
{
  static const char *const answers[] = { "{\"message\":\"Invalid namespace\"}",
                                         "{\"message\":\"Too many namespaces\"}" };
  g_autofree char *prefix = g_strdup_printf ("%.*s,", (int) length, name);
  g_autoptr (SioOutgoing) outgoing = sio_encode_control (
      sio_server_peek_parser (self->server), '0' + SIO_PACKET_CONNECT_ERROR, prefix, answers[why]);

  sio_server_get_counters (self->server)->unwelcome[why]++;
  if (outgoing != NULL)
    sio_session_send (self->session, outgoing, SIO_SEND_DEFAULT);
  if (self->plain)
    sio_session_close (self->session);
}

static void
join (SioConnection *self, SioNamespace *ns, SioHandshake *handshake)
{
  g_autoptr (SioSocket) socket = sio_socket_new (ns, self, self->session, handshake);

  add_socket (self, socket);
  sio_namespace_connect_socket (ns, socket);
}

/* It is clear whether there is a namespace of the name that was asked for. */
static void
looked_up_cb (SioLookup *lookup, SioNamespace *ns, SioLookupResult result, gpointer user_data)
{
  SioConnection *self = user_data;
  g_autoptr (SioLookup) keep = sio_lookup_ref (lookup);
  const char *name = sio_lookup_get_name (lookup);

  sio_connection_ref (self);
  if (self->lookups != NULL)
    g_ptr_array_remove_fast (self->lookups, lookup);
  if (self->closing || sio_server_is_closing (self->server))
    {
      /* Nothing is accepted any more. */
    }
  else if (result == SIO_LOOKUP_FOUND)
    join (self, ns, sio_lookup_get_handshake (lookup));
  else if (result == SIO_LOOKUP_TOO_MANY)
    {
      SioIncidentInfo info = { .kind = SIO_INCIDENT_NAMESPACES,
                               .text = "a namespace too many was asked for" };

      sio_session_report_incident (self->session, &info);
      refuse (self, name, strlen (name), SIO_UNWELCOME_TOO_MANY_NAMESPACES);
    }
  else
    refuse (self, name, strlen (name), SIO_UNWELCOME_INVALID_NAMESPACE);
  sio_connection_unref (self);
}

static gboolean
is_looked_up (SioConnection *self, const char *name, gsize length)
{
  for (guint i = 0; self->lookups != NULL && i < self->lookups->len; i++)
    {
      const char *other = sio_lookup_get_name (g_ptr_array_index (self->lookups, i));

      if (strncmp (other, name, length) == 0 && other[length] == '\0')
        return TRUE;
    }
  return FALSE;
}

/* A name that nobody has: maybe some parent makes a namespace for it. */
static void
look_up (SioConnection *self, const SioPacketView *view, SioHandshake *handshake)
{
  g_autoptr (SioLookup) lookup = NULL;

  /* As for a socket that is being decided about (Appendix C, 9). */
  if (is_looked_up (self, view->nsp, view->nsp_length))
    return;
  lookup =
      sio_lookup_new (self->server, view->nsp, view->nsp_length, handshake, looked_up_cb, self);
  if (self->lookups == NULL)
    self->lookups = g_ptr_array_new_with_free_func ((GDestroyNotify) sio_lookup_cancel);
  g_ptr_array_add (self->lookups, sio_lookup_ref (lookup));
  sio_lookup_start (lookup);
}

static void
receive_connect (SioConnection *self,
                 const SioPacketView *view,
                 const char *auth,
                 gsize auth_length)
{
  g_autoptr (SioHandshake) handshake = NULL;
  SioSocket *present = find_socket (self, view->nsp, view->nsp_length);
  SioNamespace *ns;

  if (present != NULL)
    {
      /* Official clients repeat it when the application opens a socket twice (Appendix C, 9). */
      if (present->state != SIO_SOCKET_CONNECTING)
        violation (self, "CONNECT for a namespace that is connected already");
      return;
    }
  ns = sio_server_lookup (self->server, view->nsp, view->nsp_length);
  if (ns == NULL && self->server->parents == NULL)
    {
      refuse (self, view->nsp, view->nsp_length, SIO_UNWELCOME_INVALID_NAMESPACE);
      return;
    }

  handshake = sio_handshake_new (sio_session_get_request_info (self->session), auth, auth_length);
  if (ns != NULL)
    join (self, ns, handshake);
  else
    look_up (self, view, handshake);
}

/* @auth: (nullable): the payload of CONNECT */
static void
dispatch_packet (SioConnection *self,
                 const SioPacketView *view,
                 const char *auth,
                 gsize auth_length,
                 GPtrArray *attachments)
{
  SioSocket *socket;

  if (view->type == SIO_PACKET_CONNECT)
    {
      receive_connect (self, view, auth, auth_length);
      return;
    }

  socket = find_socket (self, view->nsp, view->nsp_length);
  if (socket == NULL || socket->state == SIO_SOCKET_CONNECTING)
    {
      if (socket == NULL && left_recently (self, view->nsp, view->nsp_length))
        return;
      violation (self, "packet for a namespace that is not connected");
      return;
    }
  if (socket->state != SIO_SOCKET_CONNECTED)
    return;

  switch (view->type)
    {
    case SIO_PACKET_EVENT:
    case SIO_PACKET_BINARY_EVENT:
      sio_socket_receive_event (socket, view, attachments);
      break;
    case SIO_PACKET_ACK:
    case SIO_PACKET_BINARY_ACK:
      sio_socket_receive_ack (socket, view, attachments);
      break;
    case SIO_PACKET_DISCONNECT:
      {
        g_autoptr (SioSocket) hold = g_object_ref (socket);

        sio_socket_disconnected (hold, "client namespace disconnect", NULL);
        break;
      }
    case SIO_PACKET_CONNECT:
    case SIO_PACKET_CONNECT_ERROR:
    default:
      violation (self, "CONNECT_ERROR from a client");
      break;
    }
}

/* An object of the parameters, all of them texts. */
static GString *
query_to_json (const char *query, gsize length)
{
  g_autofree char *copy = g_strndup (query, length);
  g_autoptr (GHashTable) values = NULL;
  GString *json = g_string_new ("{");
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  copy[strcspn (copy, "#")] = '\0';
  values = sio_query_parse (copy);
  g_hash_table_iter_init (&iter, values);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      if (json->len > 1)
        g_string_append_c (json, ',');
      sio_json_write_string (json, name, -1);
      g_string_append_c (json, ':');
      sio_json_write_string (json, value, -1);
    }
  g_string_append_c (json, '}');
  return json;
}

/* These clients' namespace is an URL: behind the name stands how they authenticate
 * (protocol.md §3.8). */
static void
dispatch_eio3 (SioConnection *self, const SioPacketView *view, GPtrArray *attachments)
{
  SioPacketView named = *view;
  g_autoptr (GString) auth = NULL;
  gsize length = 0;

  while (length < view->nsp_length && view->nsp[length] != '?' && view->nsp[length] != '#')
    length++;
  if (length > SIO_PACKET_MAX_NAMESPACE)
    {
      violation (self, "the name of a namespace is too long");
      return;
    }
  if (view->type == SIO_PACKET_CONNECT && length < view->nsp_length && view->nsp[length] == '?')
    auth = query_to_json (view->nsp + length + 1, view->nsp_length - length - 1);
  named.nsp_length = length;
  dispatch_packet (self, &named, auth != NULL ? auth->str : NULL, auth != NULL ? auth->len : 0,
                   attachments);
}

static void
dispatch (SioConnection *self, const SioPacketView *view, GPtrArray *attachments)
{
  const SioJsonSlice *auth = &view->json.value;

  if (G_UNLIKELY (self->eio3))
    dispatch_eio3 (self, view, attachments);
  else if (auth->type == SIO_JSON_NONE)
    dispatch_packet (self, view, NULL, 0, attachments);
  else
    dispatch_packet (self, view, auth->text, auth->length, attachments);
}

static void
begin_partial (SioConnection *self, const char *text, gsize length, guint n_expected)
{
  Partial *partial = g_malloc (sizeof (Partial) + length + 1);

  partial->n_expected = n_expected;
  partial->attachments = g_ptr_array_new_full (n_expected, (GDestroyNotify) g_bytes_unref);
  partial->length = length;
  memcpy (partial->text, text, length);
  partial->text[length] = '\0';
  self->partial = partial;
}

static void
receive_attachment (SioConnection *self, const guint8 *data, gsize length)
{
  g_autoptr (GError) error = NULL;
  Partial *partial = self->partial;
  SioPacketView view;

  g_ptr_array_add (partial->attachments, g_bytes_new (data, length));
  if (partial->attachments->len < partial->n_expected)
    return;

  self->partial = NULL;
  if (!sio_packet_parse (partial->text, partial->length, sio_server_get_limits (self->server),
                         &view, &error) ||
      !sio_packet_check_placeholders (view.json.value.text, view.json.value.length,
                                      partial->n_expected, &error))
    parse_error (self, error);
  else
    dispatch (self, &view, partial->attachments);
  partial_free (partial);
}

static void
receive_text (SioConnection *self, const char *text, gsize length)
{
  g_autoptr (GError) error = NULL;
  const SioPacketLimits *limits = sio_server_get_limits (self->server);
  SioPacketLimits eio3_limits;
  SioPacketView view;

  if (G_UNLIKELY (self->eio3))
    {
      eio3_limits = *limits;
      eio3_limits.max_namespace = EIO3_MAX_NAMESPACE;
      limits = &eio3_limits;
    }
  if (!sio_packet_parse (text, length, limits, &view, &error))
    parse_error (self, error);
  else if (view.type == SIO_PACKET_BINARY_EVENT || view.type == SIO_PACKET_BINARY_ACK)
    begin_partial (self, text, length, view.n_attachments);
  else
    dispatch (self, &view, NULL);
}

static void
receive_encoded (SioConnection *self, const guint8 *data, gsize length, gboolean is_text)
{
  g_autoptr (GBytes) message = g_bytes_new (data, length);
  g_autoptr (SioPacket) packet = NULL;
  g_autoptr (GError) error = NULL;
  const SioPacketView *view;

  if (!sio_decoder_take (self->decoder, message, is_text, &packet, &view, &error))
    parse_error (self, error);
  else if (packet != NULL)
    dispatch (self, view, sio_packet_peek_attachments (packet));
}

static void take_message (SioConnection *self, gboolean is_text, const guint8 *data, gsize length);

static void
resume_cb (SioDefer *defer)
{
  SioConnection *self = defer->data;
  g_autoptr (SioConnection) hold = sio_connection_ref (self);
  Early *early = self->early;
  g_autoptr (GPtrArray) messages = g_ptr_array_ref (early->messages);

  /* Others may come while these are handled. */
  for (guint i = 0; i < messages->len && self->early == early; i++)
    {
      gsize length;
      const guint8 *data = g_bytes_get_data (g_ptr_array_index (messages, i), &length);

      take_message (self, data[0], data + 1, length - 1);
    }
  if (self->early == early)
    g_clear_pointer (&self->early, early_free);
}

static void
keep_early (SioConnection *self, gboolean is_text, const guint8 *data, gsize length)
{
  guint8 *copy = g_malloc (length + 1);

  if (self->early == NULL)
    {
      self->early = g_new0 (Early, 1);
      self->early->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
      sio_defer_init (&self->early->resume, resume_cb, self);
    }
  copy[0] = (guint8) is_text;
  if (length > 0)
    memcpy (copy + 1, data, length);
  g_ptr_array_add (self->early->messages, g_bytes_new_take (copy, length + 1));
  self->early->size += length + EARLY_COST;
  if (self->early->size > MAX_EARLY)
    violation (self, "sent too much before the namespace accepted it");
}

static gboolean
is_early (SioConnection *self)
{
  return self->early != NULL || self->first == NULL || self->first->state == SIO_SOCKET_CONNECTING;
}

static void
message_cb (
    SioSession *session, gboolean is_text, const guint8 *data, gsize length, gpointer user_data)
{
  SioConnection *self = user_data;

  if (self->closing || self->server == NULL || sio_server_is_closing (self->server))
    return;

  self->ref_count++;
  if (G_UNLIKELY (self->plain && is_early (self)))
    keep_early (self, is_text, data, length);
  else
    take_message (self, is_text, data, length);
  sio_connection_unref (self);
}

static void
take_message (SioConnection *self, gboolean is_text, const guint8 *data, gsize length)
{
  if (self->closing || self->server == NULL)
    return;
  if (G_UNLIKELY (self->decoder != NULL))
    receive_encoded (self, data, length, is_text);
  else if (self->partial == NULL && is_text)
    receive_text (self, (const char *) data, length);
  else if (self->partial != NULL && !is_text)
    receive_attachment (self, data, length);
  else
    {
      /* protocol.md §3.2.6 */
      g_autoptr (GError) error =
          g_error_new_literal (SIO_ERROR, SIO_ERROR_PROTOCOL,
                               is_text ? "got plaintext data when reconstructing a packet"
                                       : "got binary data when not reconstructing a packet");

      parse_error (self, error);
    }
}

static void
connect_timeout_cb (SioDeadline *deadline)
{
  SioConnection *self = deadline->data;

  sio_connection_ref (self);
  violation (self, "no namespace was joined in time");
  sio_connection_unref (self);
}

static const char *
identify_cb (const char **ns, gpointer user_data)
{
  SioConnection *self = user_data;

  if (self->first == NULL)
    return NULL;
  *ns = sio_namespace_get_name (sio_socket_get_namespace (self->first));
  return sio_socket_get_id (self->first);
}

static void
record_round_trip (SioSocket *socket, guint32 time)
{
  if (socket->state == SIO_SOCKET_CONNECTED)
    sio_namespace_record_round_trip (socket->ns, time);
}

/* It is that of each namespace that is used over this connection. */
static void
round_trip_cb (SioSession *session, guint32 time, gpointer user_data)
{
  SioConnection *self = user_data;

  if (self->first != NULL)
    record_round_trip (self->first, time);
  for (guint i = 0; self->more != NULL && i < self->more->len; i++)
    record_round_trip (g_ptr_array_index (self->more, i), time);
}

SioConnection *
sio_connection_new (SioServer *server, SioSession *session)
{
  static const SioSessionHandler handler = { message_cb, closed_cb, identify_cb, round_trip_cb };
  SioConnection *self = g_new0 (SioConnection, 1);
  SioDeadlineList *deadlines = sio_server_get_connect_deadlines (server);

  /* The reference is the session's, given back in closed_cb(). */
  self->ref_count = 1;
  self->server = server;
  self->session = g_object_ref (session);
  self->eio3 = sio_session_get_protocol (session) == 3;
  self->plain = sio_session_get_plain (session) != NULL;
  if (sio_server_peek_parser (server) != NULL)
    self->decoder =
        sio_parser_create_decoder (sio_server_peek_parser (server), server->limits.max_depth);
  if (deadlines != NULL)
    {
      self->deadline = g_new (SioDeadline, 1);
      sio_deadline_init (self->deadline, connect_timeout_cb, self);
      sio_deadline_arm (self->deadline, deadlines);
    }
  sio_session_set_handler (session, &handler, self);
  return self;
}

/* A plain WebSocket client joins the namespace of its query, which is also how it authenticates. */
static void
start_plain (SioConnection *self)
{
  const char *prefix = sio_session_get_plain (self->session);
  const char *query = sio_request_info_get_query (sio_session_get_request_info (self->session));
  g_autoptr (GString) auth = query_to_json (query, strlen (query));
  SioPacketView view = { .type = SIO_PACKET_CONNECT, .nsp = "/", .nsp_length = 1 };

  if (*prefix != '\0')
    {
      view.nsp = prefix;
      view.nsp_length = strlen (prefix) - 1;
    }
  sio_connection_ref (self);
  /* What another parser writes is nothing that these clients could read. */
  if (self->decoder != NULL)
    sio_session_close (self->session);
  else
    receive_connect (self, &view, auth->str, auth->len);
  sio_connection_unref (self);
}

void
sio_connection_start (SioConnection *self)
{
  static const SioPacketView root = { .type = SIO_PACKET_CONNECT, .nsp = "/", .nsp_length = 1 };

  if (self->plain)
    {
      start_plain (self);
      return;
    }
  if (!self->eio3)
    return;
  /* protocol.md §3.8: these clients do not ask for it. */
  sio_connection_ref (self);
  receive_connect (self, &root, NULL, 0);
  sio_connection_unref (self);
}

void
sio_connection_detach (SioConnection *self)
{
  g_autoptr (SioSession) session = g_object_ref (self->session);

  close_sockets (self, "server shutting down", NULL);
  self->server = NULL;
  /* Brings closed_cb(), which drops the session's reference. */
  if (sio_session_get_state (session) != SIO_SESSION_CLOSED)
    sio_session_discard (session);
}

void
sio_connection_disconnect_all (SioConnection *self)
{
  g_autoptr (GPtrArray) sockets = list_sockets (self);

  sio_connection_ref (self);
  for (guint i = 0; i < sockets->len; i++)
    {
      SioSocket *socket = g_ptr_array_index (sockets, i);

      if (socket->state != SIO_SOCKET_CONNECTED)
        continue;
      sio_socket_send_disconnect (socket);
      sio_socket_disconnected (socket, "server namespace disconnect", NULL);
    }
  self->closing = TRUE;
  sio_session_close (self->session);
  close_sockets (self, "forced server close", NULL);
  sio_connection_unref (self);
}
