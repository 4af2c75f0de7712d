/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include <gio/gio.h>

#include "sio-types.h"
#include "sio-version-macros.h"

G_BEGIN_DECLS

#define SIO_TYPE_SESSION (sio_session_get_type ())

SIO_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (SioSession, sio_session, SIO, SESSION, GObject)

SIO_AVAILABLE_IN_0_1
const char *sio_session_get_id (SioSession *self);
SIO_AVAILABLE_IN_0_1
guint sio_session_get_protocol (SioSession *self);
SIO_AVAILABLE_IN_0_1
SioTransport sio_session_get_transport (SioSession *self);
SIO_AVAILABLE_IN_0_1
SioSessionState sio_session_get_state (SioSession *self);
SIO_AVAILABLE_IN_0_1
const char *sio_session_get_remote_address (SioSession *self);
SIO_AVAILABLE_IN_0_1
guint sio_session_get_round_trip_time (SioSession *self);
SIO_AVAILABLE_IN_0_1
gsize sio_session_get_buffered_bytes (SioSession *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_session_get_n_packets_in (SioSession *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_session_get_n_packets_out (SioSession *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_session_get_n_bytes_in (SioSession *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_session_get_n_bytes_out (SioSession *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_session_send_text (SioSession *self, const char *text, gssize length);
SIO_AVAILABLE_IN_0_1
gboolean sio_session_send_bytes (SioSession *self, GBytes *bytes);
SIO_AVAILABLE_IN_0_1
void sio_session_close (SioSession *self);

G_END_DECLS
