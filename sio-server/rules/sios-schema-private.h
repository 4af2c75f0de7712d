/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-schema.h"

G_BEGIN_DECLS

typedef enum
{
  SIOS_TYPE_NULL = 1 << 0,
  SIOS_TYPE_BOOLEAN = 1 << 1,
  SIOS_TYPE_INTEGER = 1 << 2,
  SIOS_TYPE_NUMBER = 1 << 3,
  SIOS_TYPE_STRING = 1 << 4,
  SIOS_TYPE_ARRAY = 1 << 5,
  SIOS_TYPE_OBJECT = 1 << 6,
  SIOS_TYPE_BINARY = 1 << 7
} SiosSchemaTypes;

typedef struct _SiosSchemaNode SiosSchemaNode;

typedef struct
{
  char *name;
  SiosSchemaNode *node; /* NULL: only required */
  int required;         /* its bit; -1 if it may be missing */
} SiosSchemaProperty;

/* A value of enum or const: none that contain others. */
typedef struct
{
  SioArgType type;
  char *string;
  double number;
  gboolean boolean;
} SiosSchemaValue;

struct _SiosSchemaNode
{
  gboolean never;        /* false */
  SiosSchemaTypes types; /* 0: any */
  GArray *values;        /* of enum; NULL for any */
  GArray *properties;    /* SiosSchemaProperty */
  guint n_required;      /* 64 at most */
  SiosSchemaNode *additional;
  guint64 min_properties, max_properties;
  SiosSchemaNode *items;
  guint64 min_items, max_items;
  guint64 min_length, max_length;
  GRegex *pattern;
  char *pattern_text;
  double minimum, maximum;
  gboolean above_minimum, below_maximum; /* exclusive */
  GPtrArray *all_of, *any_of, *one_of;   /* NULL if there are none */
  SiosSchemaNode *not_of;
  char *ref_name;
  SiosSchemaNode *ref;
  guint mark; /* while references are followed */
};

struct _SiosSchema
{
  GPtrArray *nodes; /* owns them */
  SiosSchemaNode *root;
};

extern const char *const sios_schema_type_names[8];

G_END_DECLS
