/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-tls-hello-private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sio-tls-handshake-private.h"

#define TLS_1_2 0x0303
#define RECORD_HANDSHAKE 22
#define CLIENT_HELLO 1
#define EXTENSION_VERSIONS 43

typedef struct
{
  SioEngine *engine;
  SioPeer *peer;
  SioWatch watch;
  SioDeadline deadline;
  GList link; /* on SioEngine.tls_hellos */
  int fd;
  char address[];
} Hello;

typedef struct
{
  const guint8 *data;
  gsize left;
  gboolean failed;
} Reader;

static guint
read_number (Reader *reader, gsize n_bytes)
{
  guint value = 0;

  if (reader->left < n_bytes)
    {
      reader->failed = TRUE;
      reader->left = 0;
      return 0;
    }
  for (gsize i = 0; i < n_bytes; i++)
    value = value << 8 | reader->data[i];
  reader->data += n_bytes;
  reader->left -= n_bytes;
  return value;
}

/* The part that begins with its length in @n_bytes. */
static Reader
read_part (Reader *reader, gsize n_bytes)
{
  gsize length = read_number (reader, n_bytes);
  Reader part = { reader->data, length };

  if (length > reader->left)
    {
      reader->failed = TRUE;
      reader->left = part.left = 0;
      return part;
    }
  reader->data += length;
  reader->left -= length;
  return part;
}

/* Who lists versions (RFC 8446 §4.2.1) means these. */
static gboolean
has_modern_version (Reader versions)
{
  while (versions.left >= 2)
    {
      guint version = read_number (&versions, 2);

      /* Others are reserved to see whether servers pass over them. */
      if (version >> 8 == 3 && version >= TLS_1_2)
        return TRUE;
    }
  return FALSE;
}

static SioTlsHelloResult
check_client_hello (Reader reader)
{
  Reader body;
  Reader extensions;

  if (read_number (&reader, 1) != CLIENT_HELLO)
    return SIO_TLS_HELLO_OTHER;
  body = read_part (&reader, 3);
  if (read_number (&body, 2) < TLS_1_2)
    return reader.failed ? SIO_TLS_HELLO_OTHER : SIO_TLS_HELLO_OLD;
  for (guint i = 0; i < 32; i += 4)
    read_number (&body, 4); /* random */
  read_part (&body, 1);     /* session */
  read_part (&body, 2);     /* cipher suites */
  read_part (&body, 1);     /* compression */
  if (reader.failed || body.failed)
    return SIO_TLS_HELLO_OTHER;
  if (body.left == 0)
    return SIO_TLS_HELLO_GOOD;

  extensions = read_part (&body, 2);
  while (extensions.left > 0)
    {
      guint type = read_number (&extensions, 2);
      Reader extension = read_part (&extensions, 2);

      if (type == EXTENSION_VERSIONS)
        return has_modern_version (read_part (&extension, 1)) ? SIO_TLS_HELLO_GOOD
                                                              : SIO_TLS_HELLO_OLD;
    }
  return body.failed || extensions.failed ? SIO_TLS_HELLO_OTHER : SIO_TLS_HELLO_GOOD;
}

/* A ClientHello in several records is allowed, and nobody sends one. */
SioTlsHelloResult
sio_tls_hello_check (const guint8 *data, gsize length)
{
  Reader reader = { data, length };
  gsize record;

  if (length > 0 && data[0] != RECORD_HANDSHAKE)
    return SIO_TLS_HELLO_OTHER;
  if (length > 1 && data[1] != 3)
    return SIO_TLS_HELLO_OTHER;
  if (length < 5)
    return SIO_TLS_HELLO_INCOMPLETE;
  read_number (&reader, 3);
  record = read_number (&reader, 2);
  if (record > SIO_TLS_HELLO_MAX - 5)
    return SIO_TLS_HELLO_OTHER;
  if (reader.left < record)
    return SIO_TLS_HELLO_INCOMPLETE;
  reader.left = record;
  return check_client_hello (reader);
}

/* Leaves the descriptor alone. */
static void
hello_free (Hello *self)
{
  sio_watch_remove (&self->watch);
  sio_deadline_disarm (&self->deadline);
  g_queue_unlink (&self->engine->tls_hellos, &self->link);
  sio_peers_leave (self->engine->peers, self->peer);
  g_free (self);
}

static void
hello_end (Hello *self)
{
  int fd = self->fd;

  hello_free (self);
  close (fd);
}

static void
deadline_cb (SioDeadline *deadline)
{
  hello_end (deadline->data);
}

static void
refuse (Hello *self, const char *why)
{
  SioEngine *engine = self->engine;
  g_autofree char *address = g_strdup (self->address);

  hello_end (self);
  sio_engine_report_tls (engine, address, why);
}

static void
refuse_old (Hello *self)
{
  static const guint8 alert[] = { 21, 3, 1, 0, 2, 2, 70 }; /* fatal: protocol_version */
  guint8 *buffer = sio_reactor_get_buffer (self->engine->reactor);

  /* What is not read would turn the end into a reset, and the alert might get lost. */
  while (recv (self->fd, buffer, SIO_REACTOR_BUFFER_SIZE, MSG_DONTWAIT) > 0)
    ;
  if (send (self->fd, alert, sizeof alert, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
    g_debug ("a client with an old version of TLS was gone already");
  refuse (self, "the client knows no version of TLS from 1.2 on");
}

static void
watch_cb (SioWatch *watch, guint32 events)
{
  Hello *self = watch->data;
  SioEngine *engine = self->engine;
  guint8 *buffer = sio_reactor_get_buffer (engine->reactor);
  g_autofree char *address = NULL;
  gssize n = recv (self->fd, buffer, SIO_TLS_HELLO_MAX, MSG_PEEK | MSG_DONTWAIT);
  int fd = self->fd;

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n <= 0)
    {
      hello_end (self);
      return;
    }
  switch (sio_tls_hello_check (buffer, (gsize) n))
    {
    case SIO_TLS_HELLO_INCOMPLETE:
      if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        hello_end (self);
      break;
    case SIO_TLS_HELLO_GOOD:
      address = g_strdup (self->address);
      hello_free (self);
      sio_tls_handshake_start (engine, fd, address);
      break;
    case SIO_TLS_HELLO_OLD:
      refuse_old (self);
      break;
    default:
      refuse (self, "what came first is no TLS");
    }
}

void
sio_tls_hello_start (SioEngine *engine, int fd, const char *address)
{
  gsize length = strlen (address) + 1;
  Hello *self = g_malloc0 (sizeof (Hello) + length);

  memcpy (self->address, address, length);
  self->engine = engine;
  self->fd = fd;
  self->link.data = self;
  g_queue_push_tail_link (&engine->tls_hellos, &self->link);
  self->peer = sio_peers_enter (engine->peers, sio_engine_get_counted_address (engine, address));
  sio_watch_init (&self->watch, engine->reactor, watch_cb, self);
  sio_deadline_init (&self->deadline, deadline_cb, self);
  sio_deadline_arm (&self->deadline, engine->head_deadlines);
  /* What is only looked at stays readable: report each arrival once. */
  if (!sio_watch_add (&self->watch, fd, EPOLLIN | EPOLLRDHUP | EPOLLET, NULL))
    hello_end (self);
}

void
sio_tls_hello_end_all (SioEngine *engine)
{
  while (engine->tls_hellos.head != NULL)
    hello_end (engine->tls_hellos.head->data);
}
