/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-metric.h"
#include "sios-rule.h"

G_BEGIN_DECLS

/* What changes while rules are followed: counters, and what users have used up. Known by the name
 * of a rule, so that it outlives a reload. */
typedef struct
{
  guint serial; /* of this run of the program; never used again */
  char *name;
  guint64 n_done;
  guint64 n_refused;
  guint64 n_shadowed; /* would have been refused */
} SiosRuleState;

typedef struct _SiosRuleStates SiosRuleStates;

SiosRuleStates *sios_rule_states_new (void);
void sios_rule_states_free (SiosRuleStates *self);
/* (transfer container) (element-type SiosRuleState): by the index of each rule */
SiosRuleState **
sios_rule_states_take_table (SiosRuleStates *self, const SiosRuleTable *table, guint max_users);

/* ms until @rule may be followed again for the socket, or its user; 0 if it may now. */
guint sios_rule_states_get_wait (SiosRuleStates *self,
                                 const SiosRule *rule,
                                 const SiosRuleState *state,
                                 SioSocket *socket,
                                 SiosIdentity *identity,
                                 gint64 now);
void sios_rule_states_take (SiosRuleStates *self,
                            const SiosRule *rule,
                            const SiosRuleState *state,
                            SioSocket *socket,
                            SiosIdentity *identity,
                            gint64 now);

void sios_rule_states_count (SiosRuleStates *self,
                             SiosRuleState *state,
                             SiosRefusal refusal,
                             gboolean shadow);

void sios_rule_states_visit_metrics (SiosRuleStates *self, SiosMetricFunc func, gpointer user_data);

G_END_DECLS
