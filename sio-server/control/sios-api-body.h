/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-api.h"

G_BEGIN_DECLS

/* The body of a call: one JSON object, with no other members than those that are expected. */
typedef struct
{
  JsonNode *root;
  JsonObject *object;
  SioArgs *args; /* one argument, the object */
} SiosApiBody;

/* @members: all that there may be, NULL at the end. NULL after the call was answered. */
SiosApiBody *sios_api_body_read (SiosApiCall *call, const char *const *members);
void sios_api_body_free (SiosApiBody *self);

/* FALSE with an error if it is there and something else. @value stays if it is not there. */
gboolean
sios_api_body_get_string (SiosApiBody *self, const char *name, const char **value, GError **error);
gboolean
sios_api_body_get_boolean (SiosApiBody *self, const char *name, gboolean *value, GError **error);
gboolean sios_api_body_get_number (
    SiosApiBody *self, const char *name, guint64 max, guint64 *value, GError **error);
/* A string, or an array of strings. @value: (transfer full) */
gboolean
sios_api_body_get_strings (SiosApiBody *self, const char *name, char ***value, GError **error);
/* Any value as the arguments of an event; none if it is not there. */
SioArgs *sios_api_body_dup_args (SiosApiBody *self, const char *name, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosApiBody, sios_api_body_free)

G_END_DECLS
