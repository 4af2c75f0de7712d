/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-backend.h"

G_BEGIN_DECLS

/* A sio-server of this computer, by its interface org.sioglib.Server1. */
#define SIOA_TYPE_DBUS_BACKEND (sioa_dbus_backend_get_type ())
G_DECLARE_FINAL_TYPE (SioaDBusBackend, sioa_dbus_backend, SIOA, DBUS_BACKEND, GObject)

#define SIOA_DBUS_NAME "org.sioglib.Server1"

/* @bus: the system or the session bus, or G_BUS_TYPE_NONE for that of @address. @name: of the
 * server on it; NULL for SIOA_DBUS_NAME. */
SioaDBusBackend *sioa_dbus_backend_new (GBusType bus, const char *address, const char *name);
/* How often all sockets were listed from the first to the last: for tests. */
guint sioa_dbus_backend_get_n_passes (SioaDBusBackend *self);

G_END_DECLS
