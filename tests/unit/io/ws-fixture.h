/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "io-fixture.h"
#include "sio-ws-private.h"

/* A connection under test, its peer, and what its handler was told. */
typedef struct _WsFixture Fixture;

struct _WsFixture
{
  SioReactor *reactor;
  SioWsConfig config;
  SioWs *ws;
  IoPeer peer;
  GByteArray *out; /* what the peer is about to send */

  void (*on_message) (Fixture *f, gboolean is_text, guint8 *data, gsize length);
  void (*on_closed) (Fixture *f);
  guint n_messages;
  guint n_closed;
  guint n_pressures; /* times it was told that too much waits … */
  guint n_reliefs;   /* … and does no more */
  guint16 code;
  gboolean clean;
  char *reason;
};

void ws_setup_channels (Fixture *f, SioReactor *reactor, SioChannel *channels[2]);
void ws_setup (Fixture *f, gconstpointer kind);
void ws_setup_started (Fixture *f, gconstpointer kind);
void ws_set_linger (Fixture *f, guint ms);
void ws_teardown (Fixture *f);
void ws_peer_frame (Fixture *f, guint8 first, const char *payload);
void ws_peer_send (Fixture *f);
/* Returns: whether it was taken */
gboolean ws_send_text (Fixture *f, const char *text);
void ws_expect_bytes (Fixture *f, const char *bytes, gsize length);
/* The descriptor is closed, now and not when the linger time is over. */
void ws_expect_gone (Fixture *f);
void ws_echo_cb (Fixture *f, gboolean is_text, guint8 *data, gsize length);

/* What the peer got must be exactly this. */
#define ws_expect(f, literal) ws_expect_bytes (f, literal, sizeof (literal) - 1)
