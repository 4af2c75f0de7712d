/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Functions of the application that are asked one after the other, each answering through a
 * GTask when it likes; the first that refuses ends it. Middlewares of all kinds. */
typedef struct _SioChain SioChain;
/* One subject on its way through the functions that were there when it came. */
typedef struct _SioChainRun SioChainRun;

typedef struct
{
  const char *name; /* of the tasks; a literal */
  /* Go on at once if sio_middleware_accept () was called before the function returned;
   * otherwise that takes an iteration of the main context. */
  gboolean at_once;
  void (*invoke) (SioChainRun *run, GCallback func, GTask *task, gpointer user_data);
  /* One function accepted. May be NULL. */
  void (*accepted) (SioChainRun *run, GTask *task);
  /* Called once, unless the run is cancelled. @error is NULL if nobody refused; @task is that
   * of who refused, if it is still there. */
  void (*done) (SioChainRun *run, const GError *error, GTask *task);
  GDestroyNotify free_subject; /* may be NULL */
} SioChainKind;

SioChain *sio_chain_new (void);
void sio_chain_free (SioChain *self);
guint sio_chain_add (SioChain *self, GCallback func, gpointer user_data, GDestroyNotify destroy);
gboolean sio_chain_remove (SioChain *self, guint id);
gboolean sio_chain_is_empty (SioChain *self);

/* @source: (transfer none): of the tasks; @subject: (transfer full). @chains may contain NULL. */
SioChainRun *sio_chain_run_new (const SioChainKind *kind,
                                gpointer source,
                                gpointer subject,
                                SioChain *const *chains,
                                guint n_chains);
/* Begins; may be done before it returns. */
void sio_chain_run_start (SioChainRun *self);
/* Nobody wants to know any more. */
void sio_chain_run_cancel (SioChainRun *self);
SioChainRun *sio_chain_run_ref (SioChainRun *self);
void sio_chain_run_unref (SioChainRun *self);
gpointer sio_chain_run_get_subject (SioChainRun *self);

/* For the functions that answer a task: what the answer is, in advance. */
void sio_chain_announce (GTask *task, const GError *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioChainRun, sio_chain_run_unref)

G_END_DECLS
