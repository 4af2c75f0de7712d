/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-engine-private.h"

#define PREFIX "/engine.io/"
#define HANDSHAKE PREFIX "?EIO=4&transport=polling"

/* One iteration of the thread's default context, at most some milliseconds long. */
void engine_iterate (void);

/* Iterates until @condition holds. The guard is for broken code only. */
#define engine_wait_for(condition)                                                                 \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 guard_ = g_get_monotonic_time () + 30 * G_TIME_SPAN_SECOND;                             \
    while (!(condition))                                                                           \
      {                                                                                            \
        if (g_get_monotonic_time () > guard_)                                                      \
          g_error ("%s:%d: no end of waiting for %s", __FILE__, __LINE__, #condition);             \
        engine_iterate ();                                                                         \
      }                                                                                            \
  }                                                                                                \
  G_STMT_END

/* An engine that writes down what happens to its sessions. */
typedef struct
{
  SioEngine *engine;
  guint port;          /* of the first address */
  SioSession *session; /* the latest one, kept */
  GString *log;        /* `open message:hello binary:3 upgraded closed:reason/description ` */
  gboolean echo;
  guint n_opened;
  guint n_closed;
  guint n_messages;
  guint n_errors;
  int error_code; /* of the latest connection-error */
  char *error_context;
  /* Called from the handlers, before anything else is done with a message. */
  void (*on_open) (SioSession *session, gpointer user_data);
  void (*on_message) (SioSession *session, const char *text, gpointer user_data);
  void (*on_closed) (SioSession *session, gpointer user_data);
  gpointer user_data;
} Fixture;

/* @address: NULL for a free port of 127.0.0.1, "" for none */
Fixture *fixture_new (const char *address);
/* Waits until all connections are gone and checks that the engine goes, too. */
void fixture_free (Fixture *self);
/* The same when connections may be there still. */
void fixture_free_early (Fixture *self);
void fixture_listen (Fixture *self, const char *address);
void fixture_clear_log (Fixture *self);
GTlsCertificate *fixture_certificate (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

/* The client's end of a connection: collects what it receives. */
typedef struct
{
  int fd;
  GIOStream *stream; /* TLS */
  GByteArray *in;
  gboolean eof;
  gboolean failed;
  gboolean without_body; /* the next response answers HEAD */
} Client;

Client *client_new (Fixture *fixture);
/* From an address like 127.0.0.2. */
Client *client_new_from (Fixture *fixture, const char *source);
Client *client_new_port (const char *host, guint port);
Client *client_new_unix (const char *path);
/* Over TLS, certificate not checked; NULL if the handshake fails. */
Client *client_new_tls (guint port);
void client_free (Client *self);
/* Closes with RST. */
void client_reset (Client *self);
/* Reads what is there. TRUE unless the connection is over. */
gboolean client_fill (Client *self);
/* Iterates until all is written or the connection fails. */
void client_send (Client *self, const void *data, gssize length);
void client_printf (Client *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
gboolean client_is_over (Client *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Client, client_free)

typedef struct
{
  guint status; /* 0 if the connection ended instead */
  char *head;
  char *body;
  gsize length;
} Response;

void response_free (Response *self);
/* Value of a header, NULL if absent. */
char *response_dup_header (Response *self, const char *name);
Response *client_take_response (Client *self);
Response *client_await_response (Client *self);
/* Waits for a response and checks it. @body may be NULL. */
void client_expect (Client *self, guint status, const char *body);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Response, response_free)

/* Engine.IO over polling */
char *client_open_polling (Client *self);
void client_get (Client *self, const char *sid);
void client_post (Client *self, const char *sid, const char *body);
void client_expect_poll (Client *self, const char *sid, const char *body);
/* Sends a GET and iterates until the session holds it. */
void client_hold (Client *self, Fixture *fixture, const char *sid);

/* WebSocket */
typedef struct
{
  guint opcode;
  gboolean compressed; /* RSV1 */
  char *data;
  gsize length;
} Frame;

void frame_free (Frame *self);
void client_send_upgrade (Client *self, const char *query, gconstpointer early, gsize length);
void client_upgrade (Client *self, const char *query);
/* Opens a session; returns the sid. */
char *client_open_websocket (Client *self);
void client_append_frame (GByteArray *to, guint opcode, gconstpointer data, gsize length);
void client_send_frame (Client *self, guint opcode, gconstpointer data, gsize length);
void client_send_text (Client *self, const char *text);
Frame *client_take_frame (Client *self);
Frame *client_await_frame (Client *self);
void client_expect_text (Client *self, const char *text);
/* A close frame with @code (1005: none), or the end of the connection. */
void client_expect_close (Client *self, guint code);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Frame, frame_free)

/* From now on warnings of the library are kept instead of being fatal. */
extern GPtrArray *captured_warnings;
void capture_warnings (void);

/* Counts descriptors of this process. */
guint count_descriptors (void);
