/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

#include "sios-caller.h"

G_BEGIN_DECLS

/* An HTTP request of administration. All of it has come; the answer may be given later. Lives
 * until the answer was given, or longer with a reference. */
typedef struct
{
  grefcount ref_count;
  SoupServerMessage *message;
  const char *method;
  char *path;        /* as it came, with escapes */
  GHashTable *query; /* char* → char*; NULL without */
  GByteArray *body;
  gsize max_body;
  guint64 n_received;
  gboolean too_large; /* the body is empty then */
  gboolean ambiguous; /* two could read it in two ways */
  char *address;      /* of the client, numeric; "" if local */
  char *caller;       /* who it is, once that is known */
  char *id;           /* for people who look for it */
  gpointer data;      /* of whoever handles it */
  GDestroyNotify destroy;
  guint status;
  gboolean answered;
  gboolean paused;
} SiosCall;

typedef void (*SiosCallFunc) (SiosCall *call, gpointer user_data);

SiosCall *sios_call_ref (SiosCall *self);
void sios_call_unref (SiosCall *self);

/* As long as the call is there. */
SiosCaller sios_call_get_caller (SiosCall *self);
/* (nullable): a member of the query */
const char *sios_call_get_query (SiosCall *self, const char *name);
const char *sios_call_get_header (SiosCall *self, const char *name);
void sios_call_set_header (SiosCall *self, const char *name, const char *value);
/* @body: (transfer none), may be NULL. Once. */
void sios_call_answer (SiosCall *self, guint status, const char *content_type, GBytes *body);
/* Of the answer with data, in place of 200. */
void sios_call_set_status (SiosCall *self, guint status);
/* {"success":true,"data":@data,"meta":{…}}; @data: (transfer full), valid JSON */
void sios_call_answer_data (SiosCall *self, char *data);
/* {"success":false,"error":{"code":…,"message":…},"meta":{…}} */
void
sios_call_answer_error (SiosCall *self, guint status, const char *code, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

/* "text" with what JSON wants to be escaped */
void sios_call_append_string (GString *json, const char *text);

/* For SiosWeb. */
SiosCall *sios_call_new (SioEngine *engine, SoupServerMessage *message, gsize max_body);
SiosCall *sios_call_get (SoupServerMessage *message);
/* Calls @func, and waits for the answer. */
void sios_call_run (
    SiosCall *self, const char *path, GHashTable *query, SiosCallFunc func, gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosCall, sios_call_unref)

G_END_DECLS
