/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include <glib-object.h>

#include "sio-types.h"
#include "sio-version-macros.h"

G_BEGIN_DECLS

#define SIO_TYPE_INCIDENT (sio_incident_get_type ())

/**
 * SioIncident:
 *
 * Something that a server refused, ended or limited, as [signal@Sio.Engine::incident] tells it.
 * Immutable.
 *
 * Since: 0.1
 */
typedef struct _SioIncident SioIncident;

SIO_AVAILABLE_IN_0_1
GType sio_incident_get_type (void) G_GNUC_CONST;

SIO_AVAILABLE_IN_0_1
SioIncident *sio_incident_ref (SioIncident *self);
SIO_AVAILABLE_IN_0_1
void sio_incident_unref (SioIncident *self);
SIO_AVAILABLE_IN_0_1
SioIncidentKind sio_incident_get_kind (SioIncident *self);
SIO_AVAILABLE_IN_0_1
const char *sio_incident_get_code (SioIncident *self);
SIO_AVAILABLE_IN_0_1
const char *sio_incident_get_text (SioIncident *self);
SIO_AVAILABLE_IN_0_1
const char *sio_incident_get_address (SioIncident *self);
SIO_AVAILABLE_IN_0_1
const char *sio_incident_get_socket_id (SioIncident *self);
SIO_AVAILABLE_IN_0_1
const char *sio_incident_get_namespace (SioIncident *self);
SIO_AVAILABLE_IN_0_1
const char *sio_incident_get_event (SioIncident *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_incident_get_enforced (SioIncident *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioIncident, sio_incident_unref)

G_END_DECLS
