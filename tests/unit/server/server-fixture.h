/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

G_BEGIN_DECLS

/* Runs the default main context until @condition holds, at most 30 s. */
#define WAIT_FOR(condition)                                                                        \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 wait_until_ = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;                            \
    while (!(condition) && g_get_monotonic_time () < wait_until_)                                  \
      wait_a_bit ();                                                                               \
    g_assert_true (condition);                                                                     \
  }                                                                                                \
  G_STMT_END

/* Until something happens, or 5 ms. */
void wait_a_bit (void);

/* The next warning has to match. */
void expect_warning (const char *pattern);
void assert_warned (void);

/* A socket without a session: what is sent to it gets lost. (transfer full) */
SioSocket *fake_socket (SioNamespace *ns);

/* As if its client had sent @packet. */
void fake_receive (SioSocket *socket, const char *packet, GPtrArray *attachments);

/* A raw Socket.IO client over WebSocket. */
typedef struct _Client Client;

guint16 server_listen (SioServer *server);
void server_close (SioServer *server);

/* Engine.IO session only. */
Client *client_open (guint16 port, const char *query);
void client_free (Client *client);
/* Without the Engine.IO digit. */
void client_send (Client *client, const char *packet);
void client_send_binary (Client *client, const char *data, gsize length);
/* Several packets in one segment; ends with NULL. */
void client_send_burst (Client *client, const char *packet, ...) G_GNUC_NULL_TERMINATED;
/* Binary messages read as `<data>`. (transfer full) */
char *client_receive (Client *client);
void client_expect (Client *client, const char *expected);
/* Nothing came for some ms. */
void client_expect_nothing (Client *client);
void client_expect_closed (Client *client);
/* Joins a namespace, @prefix is "" or "/name,"; returns the id of the socket. */
char *client_join (Client *client, const char *prefix);
/* Drops the TCP connection. */
void client_drop (Client *client);

/* A request; @body NULL: a GET. Returns the text of the answer, and its status in *status. */
char *
http_fetch (SoupSession *http, guint16 port, const char *path, const char *body, guint *status);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Client, client_free)

G_END_DECLS
