/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-rule-state.h"

struct _SiosRuleStates
{
  GHashTable *by_name; /* of the rules there are */
  GPtrArray *in_order; /* of these, for metrics */
  guint n_serials;
  SiosRateTable *users;
  /* Of all rules, those that are gone among them: they only grow. */
  guint64 n_refused[SIOS_N_REFUSALS];
  guint64 n_shadowed[SIOS_N_REFUSALS];
};

/* What a socket has used up of one rule. */
typedef struct
{
  guint serial;
  gint64 used_until;
} Share;

static G_DEFINE_QUARK (sios - rule - shares, shares)

static void
state_free (gpointer data)
{
  SiosRuleState *state = data;

  g_free (state->name);
  g_free (state);
}

SiosRuleStates *
sios_rule_states_new (void)
{
  SiosRuleStates *self = g_new0 (SiosRuleStates, 1);

  self->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, state_free);
  self->in_order = g_ptr_array_new ();
  self->users = sios_rate_table_new ();
  return self;
}

void
sios_rule_states_free (SiosRuleStates *self)
{
  g_ptr_array_unref (self->in_order);
  g_hash_table_unref (self->by_name);
  sios_rate_table_free (self->users);
  g_free (self);
}

SiosRuleState **
sios_rule_states_take_table (SiosRuleStates *self, const SiosRuleTable *table, guint max_users)
{
  SiosRuleState **states = g_new0 (SiosRuleState *, MAX (table->rules->len, 1));
  GHashTable *old = self->by_name;

  self->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, state_free);
  g_ptr_array_set_size (self->in_order, 0);
  for (guint i = 0; i < table->rules->len; i++)
    {
      const SiosRule *rule = g_ptr_array_index (table->rules, i);
      gpointer state = NULL;

      g_hash_table_steal_extended (old, rule->name, NULL, &state);
      states[i] = state;
      if (states[i] == NULL)
        {
          states[i] = g_new0 (SiosRuleState, 1);
          states[i]->name = g_strdup (rule->name);
          states[i]->serial = self->n_serials++;
        }
      g_hash_table_insert (self->by_name, states[i]->name, states[i]);
      g_ptr_array_add (self->in_order, states[i]);
    }
  g_hash_table_unref (old);
  sios_rate_table_set_max (self->users, max_users);
  return states;
}

static Share *
find_share (SioSocket *socket, guint serial)
{
  GArray *shares = g_object_get_qdata (G_OBJECT (socket), shares_quark ());

  for (guint i = 0; shares != NULL && i < shares->len; i++)
    if (g_array_index (shares, Share, i).serial == serial)
      return &g_array_index (shares, Share, i);
  return NULL;
}

static void
set_share (SioSocket *socket, guint serial, gint64 used_until, gint64 now)
{
  GArray *shares = g_object_get_qdata (G_OBJECT (socket), shares_quark ());
  Share *share = find_share (socket, serial);
  Share added = { serial, used_until };

  if (shares == NULL)
    {
      shares = g_array_new (FALSE, FALSE, sizeof (Share));
      g_object_set_qdata_full (G_OBJECT (socket), shares_quark (), shares,
                               (GDestroyNotify) g_array_unref);
    }
  /* One that is whole again, maybe of a rule that is gone, makes place. */
  for (guint i = 0; share == NULL && i < shares->len; i++)
    if (g_array_index (shares, Share, i).used_until <= now)
      share = &g_array_index (shares, Share, i);
  if (share != NULL)
    *share = added;
  else
    g_array_append_val (shares, added);
}

static const char *
get_user (const SiosRule *rule, SiosIdentity *identity)
{
  return rule->rate_per_socket || identity == NULL ? NULL : identity->user;
}

static gint64
get_used (SiosRuleStates *self,
          const SiosRule *rule,
          const SiosRuleState *state,
          SioSocket *socket,
          SiosIdentity *identity)
{
  const char *user = get_user (rule, identity);
  gint64 used =
      user != NULL ? sios_rate_table_get (self->users, state->serial, identity->tenant, user) : 0;
  Share *share;

  if (used != 0)
    return used;
  share = find_share (socket, state->serial);
  return share != NULL ? share->used_until : 0;
}

guint
sios_rule_states_get_wait (SiosRuleStates *self,
                           const SiosRule *rule,
                           const SiosRuleState *state,
                           SioSocket *socket,
                           SiosIdentity *identity,
                           gint64 now)
{
  gint64 wait =
      sios_rate_get_wait (&rule->rate, get_used (self, rule, state, socket, identity), now);

  return (guint) ((wait + 999) / 1000);
}

void
sios_rule_states_take (SiosRuleStates *self,
                       const SiosRule *rule,
                       const SiosRuleState *state,
                       SioSocket *socket,
                       SiosIdentity *identity,
                       gint64 now)
{
  const char *user = get_user (rule, identity);
  gint64 used = sios_rate_take (&rule->rate, get_used (self, rule, state, socket, identity), now);

  /* With too many users each of their sockets has a share. */
  if (user == NULL ||
      !sios_rate_table_set (self->users, state->serial, identity->tenant, user, used, now))
    set_share (socket, state->serial, used, now);
}

void
sios_rule_states_count (SiosRuleStates *self,
                        SiosRuleState *state,
                        SiosRefusal refusal,
                        gboolean shadow)
{
  if (shadow)
    {
      state->n_shadowed++;
      self->n_shadowed[refusal]++;
    }
  else
    {
      state->n_refused++;
      self->n_refused[refusal]++;
    }
}

static void
visit_refusals (const guint64 *numbers,
                const char *name,
                const char *help,
                SiosMetricFunc func,
                gpointer user_data)
{
  for (guint i = 0; i < SIOS_N_REFUSALS; i++)
    {
      const SiosMetric metric = { "event_rules", name,     SIOS_METRIC_COUNTER,
                                  help,          "reason", sios_refusal_get_name (i),
                                  numbers[i] };

      func (&metric, user_data);
    }
}

static void
visit_events (SiosRuleStates *self,
              const char *name,
              const char *help,
              gsize offset,
              SiosMetricFunc func,
              gpointer user_data)
{
  for (guint i = 0; i < self->in_order->len; i++)
    {
      const SiosRuleState *state = g_ptr_array_index (self->in_order, i);
      const SiosMetric metric = { "event_rules",
                                  name,
                                  SIOS_METRIC_COUNTER,
                                  help,
                                  "event",
                                  state->name,
                                  G_STRUCT_MEMBER (guint64, state, offset) };

      func (&metric, user_data);
    }
}

void
sios_rule_states_visit_metrics (SiosRuleStates *self, SiosMetricFunc func, gpointer user_data)
{
  const SiosMetric users = { "event_rules",
                             "rated_users",
                             SIOS_METRIC_GAUGE,
                             "Users whose events are being counted for a rate.",
                             NULL,
                             NULL,
                             sios_rate_table_get_size (self->users) };

  func (&users, user_data);
  visit_events (self, "done", "Events that rules let pass, by rule.",
                G_STRUCT_OFFSET (SiosRuleState, n_done), func, user_data);
  visit_events (self, "refused_by_event", "Events that rules refused, by rule.",
                G_STRUCT_OFFSET (SiosRuleState, n_refused), func, user_data);
  visit_events (self, "would_refuse_by_event",
                "Events that would have been refused without shadow, by rule.",
                G_STRUCT_OFFSET (SiosRuleState, n_shadowed), func, user_data);
  visit_refusals (self->n_refused, "refused", "Events that rules refused, by reason.", func,
                  user_data);
  visit_refusals (self->n_shadowed, "would_refuse",
                  "Events that would have been refused without shadow, by reason.", func,
                  user_data);
}
