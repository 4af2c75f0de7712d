/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-feature.h"

G_BEGIN_DECLS

/* What sios_features_get (…, &sios_journal_feature) gives. */
typedef struct _SiosJournal SiosJournal;

/* Counts and records what @engine refuses, too. Nothing may come of it after the journal is gone.
 */
void sios_journal_watch (SiosJournal *self, SioEngine *engine);

G_END_DECLS
