/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-incident.h"

G_BEGIN_DECLS

/* What an incident is made of, if anybody wants to hear of it. */
typedef struct
{
  SioIncidentKind kind;
  const char *code;    /* NULL: that of the kind */
  const char *text;    /* what was wrong, with whatever came from the peer escaped and cut */
  const char *address; /* "" for Unix sockets, NULL if nobody's */
  const char *socket_id;
  const char *ns;
  const char *event; /* as the peer sent it */
  gssize event_length;
  gboolean tolerated; /* the limit only counts */
} SioIncidentInfo;

SioIncident *sio_incident_new (const SioIncidentInfo *info);

G_END_DECLS
