/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

#include "sios-identity.h"

G_BEGIN_DECLS

/* Names of rooms and events with parts that are filled in for each event: "memory:{0.memoryId}".
 * What clients choose can neither leave the scheme that a template begins with nor make a second
 * one: it has at most SIOS_TEMPLATE_MAX_VALUE bytes and neither colons nor control characters. */
#define SIOS_TEMPLATE_MAX_VALUE 128
#define SIOS_TEMPLATE_MAX_LENGTH 200

typedef struct _SiosTemplate SiosTemplate;

typedef enum
{
  SIOS_TEMPLATE_NAME,  /* text, maybe with parts to fill in */
  SIOS_TEMPLATE_ROOMS, /* {rooms}: those that the sender is in */
  SIOS_TEMPLATE_ALL,   /* {all}: the whole namespace */
  SIOS_TEMPLATE_SENDER /* {sender}: nobody else */
} SiosTemplateKind;

/* What the parts stand for. */
typedef struct
{
  const char *socket_id;
  SiosIdentity *identity; /* (nullable) */
  const char *event;
  const char *matched; /* by the star of the rule, not NUL-terminated */
  gsize matched_length;
  SioArgs *args;
} SiosTemplateValues;

typedef enum
{
  SIOS_TEMPLATE_DONE,
  SIOS_TEMPLATE_SKIPPED,      /* an argument that may be missing is */
  SIOS_TEMPLATE_NO_IDENTITY,  /* it needs a user, and nobody is authenticated */
  SIOS_TEMPLATE_BAD_ARGUMENT, /* it is missing, or cannot be part of a name */
} SiosTemplateResult;

/* NULL with G_OPTION_ERROR. */
SiosTemplate *sios_template_new (const char *text, GError **error);
void sios_template_free (SiosTemplate *self);

SiosTemplateKind sios_template_get_kind (const SiosTemplate *self);
const char *sios_template_get_text (const SiosTemplate *self);
/* Clients choose how it begins, and so the scheme. */
gboolean sios_template_is_open (const SiosTemplate *self);
gboolean sios_template_uses_arguments (const SiosTemplate *self);
gboolean sios_template_uses_identity (const SiosTemplate *self);
gboolean sios_template_uses_star (const SiosTemplate *self);
/* (nullable): what it is if nothing has to be filled in */
const char *sios_template_get_constant (const SiosTemplate *self);

/* Appends to @out, only for SIOS_TEMPLATE_NAME. @problem (out, transfer full): what to tell the
 * client if it did not work. @as_room: FALSE for names of events, where colons are no schemes. */
SiosTemplateResult sios_template_expand (const SiosTemplate *self,
                                         const SiosTemplateValues *values,
                                         gboolean as_room,
                                         GString *out,
                                         char **problem);

/* "0.a.b" → 0 and { "a", "b" }; FALSE if it does not begin with a number. */
gboolean sios_path_parse (const char *text, guint *n, char ***path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosTemplate, sios_template_free)

G_END_DECLS
