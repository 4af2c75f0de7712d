/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-config-file.h"
#include "sios-keys.h"

G_BEGIN_DECLS

/* Everything that is configured: valid, and never changed. May be used in any thread. */
typedef struct _SiosConfig SiosConfig;

/* Where it comes from: a file with its conf.d, then what the command line says. */
typedef struct
{
  char *path;
  gboolean required;   /* whether the file has to be there */
  GPtrArray *entries;  /* of the command line */
  GPtrArray *defaults; /* of the environment: less than the file */
} SiosSources;

SiosSources *sios_sources_new (void);
SiosSources *sios_sources_copy (const SiosSources *self);
void sios_sources_free (SiosSources *self);
/* GROUP.KEY=VALUE */
gboolean sios_sources_add_set (SiosSources *self, const char *text, GError **error);

/* Reads and checks everything. NULL with all that is wrong added to @problems, one line each.
 * Blocks. */
SiosConfig *sios_config_load (const SiosSources *sources, GPtrArray *problems);
SiosConfig *sios_config_ref (SiosConfig *self);
void sios_config_unref (SiosConfig *self);

/* Keys of groups that are there once; the key has to exist. */
const SiosValue *sios_config_get (SiosConfig *self, const char *group, const char *key);
gboolean sios_config_get_boolean (SiosConfig *self, const char *group, const char *key);
guint64 sios_config_get_integer (SiosConfig *self, const char *group, const char *key);
const char *sios_config_get_string (SiosConfig *self, const char *group, const char *key);
const char *const *sios_config_get_list (SiosConfig *self, const char *group, const char *key);
const char *sios_config_get_origin (SiosConfig *self, const char *group, const char *key);

/* The NAMEs of [KIND NAME], in the order they were given. (transfer full) */
char **sios_config_list_names (SiosConfig *self, const char *kind);

/* (nullable): what the TLS files hold */
GTlsCertificate *sios_config_get_certificate (SiosConfig *self);

/* What @name prepared of it; (transfer full) to the configuration, and shared with those that are
 * merged from it. Keys that need a restart have no part in it. */
void sios_config_set_prepared (SiosConfig *self,
                               const char *name,
                               gpointer data,
                               GDestroyNotify destroy);
gpointer sios_config_get_prepared (SiosConfig *self, const char *name);

/* All values as a file, each with where it came from; secrets are masked. */
char *sios_config_print (SiosConfig *self);

/* @next, with the keys that need a restart as they are in @self; each is told of in @kept, and
 * @n_changed is how many others differ. */
SiosConfig *
sios_config_merge (SiosConfig *self, SiosConfig *next, GPtrArray *kept, guint *n_changed);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosConfig, sios_config_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosSources, sios_sources_free)

G_END_DECLS
