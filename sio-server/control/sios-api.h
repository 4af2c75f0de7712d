/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-control.h"
#include "sios-gate.h"

G_BEGIN_DECLS

/* The HTTP API: JSON over what SiosControl does. */
typedef struct _SiosApi SiosApi;
typedef struct _SiosApiRoute SiosApiRoute;

/* A call that was let in. */
typedef struct
{
  SiosApi *api;
  SiosControl *control;
  SiosCall *call;
  const SiosApiRoute *route;
  char *parameter; /* what {…} of the path stands for; NULL without */
} SiosApiCall;

/* Answers the call, at once or later. */
typedef void (*SiosApiFunc) (SiosApiCall *self);

/* One table drives routing, permissions, and the test of the OpenAPI document. */
struct _SiosApiRoute
{
  const char *method;         /* GET stands for HEAD, too */
  const char *path;           /* with at most one {parameter}, which is a whole segment */
  SiosPermissions permission; /* 0: anybody may */
  const char *action;         /* for records, and as operationId */
  SiosApiFunc func;
};

const SiosApiRoute *sios_api_list_routes (guint *n_routes);
SiosFeatures *sios_api_get_features (SiosApi *self);
/* Bytes of memory-threshold, 0 for none */
guint64 sios_api_get_memory_threshold (SiosApi *self);

/* An error of SIOS_CONTROL_ERROR, or another one; takes it. */
void sios_api_call_fail (SiosApiCall *self, GError *error);
/* Takes @builder, which holds one value. */
void sios_api_call_answer (SiosApiCall *self, SioArgsBuilder *builder);
/* A number in the query; FALSE with an error. */
gboolean sios_api_call_get_number (
    SiosApiCall *self, const char *name, guint64 max, guint64 *value, GError **error);
/* The call that goes on after its function returned: sios_api_call_free () when it was answered. */
SiosApiCall *sios_api_call_copy (SiosApiCall *self);
void sios_api_call_free (SiosApiCall *self);

/* Members of an object. */
void sios_put_string (SioArgsBuilder *builder, const char *name, const char *value);
void sios_put_number (SioArgsBuilder *builder, const char *name, guint64 value);
void sios_put_double (SioArgsBuilder *builder, const char *name, double value);
void sios_put_boolean (SioArgsBuilder *builder, const char *name, gboolean value);
void sios_put_time (SioArgsBuilder *builder, const char *name, gint64 microseconds);
void sios_begin_object (SioArgsBuilder *builder, const char *name); /* NULL within an array */
void sios_begin_array (SioArgsBuilder *builder, const char *name);

/* What a route does; sios-api-lists.c */
void sios_api_stats (SiosApiCall *self);
void sios_api_namespaces (SiosApiCall *self);
void sios_api_rooms (SiosApiCall *self);
void sios_api_room (SiosApiCall *self);
void sios_api_sockets (SiosApiCall *self);
void sios_api_socket (SiosApiCall *self);
void sios_api_user (SiosApiCall *self);
void sios_api_list_revocations (SiosApiCall *self);
/* Members that describe all that is counted. */
void sios_api_put_stats (SiosApi *self, SiosControl *control, SioArgsBuilder *builder);
/* sios-api-acts.c */
void sios_api_broadcast (SiosApiCall *self);
void sios_api_broadcast_user (SiosApiCall *self);
void sios_api_broadcast_room (SiosApiCall *self);
void sios_api_announce (SiosApiCall *self);
void sios_api_join (SiosApiCall *self);
void sios_api_leave (SiosApiCall *self);
void sios_api_disconnect (SiosApiCall *self);
void sios_api_revoke (SiosApiCall *self);
void sios_api_unrevoke (SiosApiCall *self);
void sios_api_log_level (SiosApiCall *self);
void sios_api_reload (SiosApiCall *self);
void sios_api_drain (SiosApiCall *self);
void sios_api_resume (SiosApiCall *self);
/* sios-api-health.c */
void sios_api_health (SiosApiCall *self);
void sios_api_health_detailed (SiosApiCall *self);
void sios_api_diagnostics (SiosApiCall *self);
void sios_api_metrics (SiosApiCall *self);
void sios_api_cleanup (SiosApiCall *self);

extern const SiosFeature sios_api_feature;

G_END_DECLS
