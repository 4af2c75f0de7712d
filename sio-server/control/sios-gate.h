/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-feature.h"
#include "sios-web.h"

G_BEGIN_DECLS

/* Where the HTTP API is, and who may use it: those who have a token of a file, and
 * users with a role that makes them administrators. What
 * sios_features_get (…, &sios_gate_feature) gives. */
typedef struct _SiosGate SiosGate;

/* Where the API is. */
SiosWeb *sios_gate_get_web (SiosGate *self);
/* Calls @func, at once or later, if whoever calls has @needed. Otherwise the call is answered, and
 * the refusal recorded and counted. @action: what is asked for, for the record. */
void sios_gate_pass (SiosGate *self,
                     SiosCall *call,
                     SiosPermissions needed,
                     const char *action,
                     SiosCallFunc func,
                     gpointer user_data);

extern const SiosFeature sios_gate_feature;

G_END_DECLS
