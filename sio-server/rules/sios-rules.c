/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-feature.h"
#include "sios-record.h"
#include "sios-rule-state.h"
#include "sios-rule.h"
#include "sios-socket.h"
#include "sios-stamp.h"
#include "sios-tracker.h"

/* What [event NAME] says. All checks come first, then everything is sent; so an event that is
 * refused has done nothing. */

typedef struct
{
  SioNamespace *ns; /* NULL: none was looked for yet */
  const SiosRuleMap *map;
} Cached;

typedef struct
{
  SiosConfig *config;         /* holds the table */
  const SiosRuleTable *table; /* NULL: there are no rules */
  SiosRuleStates *states;
  SiosRuleState **by_index;
  SiosTracker *tracker;
  GHashTable *maps; /* SioNamespace → SiosRuleMap; NULL if it has no rules */
  GPtrArray *namespaces;
  Cached last;
  GString *scratch;
} Rules;

/* One event. */
typedef struct
{
  Rules *self;
  const SiosRule *rule;
  SiosRuleState *state;
  SioSocket *socket;
  SioMessage *message;
  SiosIdentity *identity; /* NULL if it is not needed, too */
  SiosTemplateValues values;
  gint64 time; /* µs since 1970; 0 until somebody asks */
  char id[37];
} Run;

/* To whom an emission goes. */
typedef struct
{
  GPtrArray *rooms; /* names, with NULL at the end; NULL with none of the others: nobody */
  GPtrArray *names; /* of the events, where they are not fixed; NULL otherwise */
  gboolean all;
  gboolean sender;
} Receivers;

static void
receivers_clear (Receivers *receivers)
{
  g_clear_pointer (&receivers->rooms, g_ptr_array_unref);
  g_clear_pointer (&receivers->names, g_ptr_array_unref);
}

static gpointer
rules_create (SiosFeatures *features)
{
  Rules *self = g_new0 (Rules, 1);

  self->states = sios_rule_states_new ();
  self->tracker = sios_tracker_new ();
  self->maps = g_hash_table_new (NULL, NULL);
  self->namespaces = g_ptr_array_new ();
  self->scratch = g_string_new (NULL);
  return self;
}

static void
rules_destroy (gpointer data)
{
  Rules *self = data;

  sios_tracker_free (self->tracker);
  sios_rule_states_free (self->states);
  g_free (self->by_index);
  g_hash_table_unref (self->maps);
  g_ptr_array_unref (self->namespaces);
  g_string_free (self->scratch, TRUE);
  g_clear_pointer (&self->config, sios_config_unref);
  g_free (self);
}

static gpointer
rules_prepare (SiosConfig *config, GPtrArray *problems)
{
  return sios_rule_table_new (config, problems);
}

static void
add_map (Rules *self, SioNamespace *ns)
{
  SiosRuleMap *map = self->table != NULL ? g_hash_table_lookup (self->table->namespaces,
                                                                sio_namespace_get_name (ns))
                                         : NULL;

  g_hash_table_insert (self->maps, ns, map);
}

static void
rules_configure (gpointer data, SiosConfig *config)
{
  Rules *self = data;
  const SiosRuleTable *table = sios_config_get_prepared (config, "rules");
  g_autoptr (SiosConfig) old = self->config;

  self->config = sios_config_ref (config);
  self->table = table;
  self->last = (Cached){ 0 };
  g_clear_pointer (&self->by_index, g_free);
  /* A test may configure without having prepared. */
  if (table != NULL)
    {
      self->by_index = sios_rule_states_take_table (
          self->states, table,
          (guint) sios_config_get_integer (config, "limits", "max-rated-users"));
      sios_tracker_configure (self->tracker, table->tracks);
    }
  for (guint i = 0; i < self->namespaces->len; i++)
    add_map (self, g_ptr_array_index (self->namespaces, i));
}

static void
rules_namespace_added (gpointer data, SioNamespace *ns)
{
  Rules *self = data;

  g_ptr_array_add (self->namespaces, ns);
  add_map (self, ns);
}

static void
rules_disconnected (gpointer data, SioSocket *socket, const char *reason)
{
  Rules *self = data;

  sios_tracker_forget (self->tracker, socket);
}

static void
append_member (GString *json, const char *name, const char *value)
{
  g_string_append_printf (json, ",\"%s\":", name);
  sios_append_json_string (json, value);
}

static void
append_wait (GString *json, guint wait)
{
  if (wait > 0)
    g_string_append_printf (json, ",\"retryAfterMs\":%u", wait);
}

static void
reply (Run *run, const char *json)
{
  sio_message_reply (run->message, sio_args_new_from_json (json, -1, NULL));
}

static void
write_record (Run *run, SiosRefusal refusal, gboolean shadow)
{
  const SiosField fields[] = {
    { "SIO_EVENT", run->rule->name },
    { "SIO_USER", run->identity != NULL ? run->identity->user : NULL },
    { "SIO_SID", sio_socket_get_id (run->socket) },
    { "SIO_NAMESPACE", sio_namespace_get_name (sio_socket_get_namespace (run->socket)) },
    { "SIO_PEER", sio_handshake_get_address (sio_socket_get_handshake (run->socket)) },
    { "SIO_CODE", sios_refusal_get_name (refusal) },
    { "SIO_ENFORCED", shadow ? "0" : NULL },
    { NULL, NULL },
  };

  /* Not what is wrong in detail: it may show what was sent. */
  if (refusal == SIOS_REFUSAL_RATE)
    sios_record_write (SIOS_RECORD_RATE_LIMITED, fields,
                       shadow ? "Would have refused \"%s\": more often than its rate allows"
                              : "Refused \"%s\": more often than its rate allows",
                       run->rule->name);
  else
    sios_record_write (SIOS_RECORD_EVENT_REFUSED, fields,
                       shadow ? "Would have refused \"%s\": %s" : "Refused \"%s\": %s",
                       run->rule->name, sios_refusal_get_name (refusal));
}

/* TRUE if the event ends here, after whoever sent it was told; FALSE if it is only counted. */
static gboolean
refuse (Run *run, SiosRefusal refusal, const char *problem, guint wait)
{
  gboolean shadow = (run->rule->shadow & (1u << refusal)) != 0;
  const char *code = sios_refusal_get_code (refusal);
  g_autoptr (GString) json = NULL;

  sios_rule_states_count (run->self->states, run->state, refusal, shadow);
  write_record (run, refusal, shadow);
  if (shadow)
    return FALSE;
  json = g_string_new (NULL);
  if (sio_message_wants_reply (run->message))
    {
      g_string_append_printf (json, "[{\"ok\":false,\"code\":\"%s\"", code);
      append_member (json, "error", problem);
      append_wait (json, wait);
      g_string_append (json, "}]");
      reply (run, json->str);
    }
  else
    {
      g_string_append (json, "[{\"event\":");
      /* The rule's name in place of what a pattern matched: it is bounded. */
      sios_append_json_string (json, run->rule->suffix == NULL || strlen (run->values.event) <= 100
                                         ? run->values.event
                                         : run->rule->name);
      append_member (json, "code", code);
      append_member (json, "error", problem);
      append_wait (json, wait);
      g_string_append (json, "}]");
      sio_socket_emit (run->socket, "system:error", sio_args_new_from_json (json->str, -1, NULL));
    }
  return TRUE;
}

static gboolean
has_any (char **wanted, char **given)
{
  for (guint i = 0; wanted[i] != NULL; i++)
    if (given != NULL && g_strv_contains ((const char *const *) given, wanted[i]))
      return TRUE;
  return wanted[0] == NULL;
}

/* These functions return TRUE if the event was refused. */
static gboolean
check_identity (Run *run)
{
  const SiosRule *rule = run->rule;
  SiosIdentity *identity = run->identity;

  if (identity == NULL && (rule->require_auth || rule->roles[0] != NULL || rule->groups[0] != NULL))
    return refuse (run, SIOS_REFUSAL_NOT_AUTHENTICATED,
                   "this event needs a user who is authenticated", 0);
  if (!has_any (rule->roles, identity != NULL ? identity->roles : NULL) &&
      refuse (run, SIOS_REFUSAL_ROLE, "your role does not allow this event", 0))
    return TRUE;
  return !has_any (rule->groups, identity != NULL ? identity->groups : NULL) &&
         refuse (run, SIOS_REFUSAL_GROUP, "your groups do not allow this event", 0);
}

static gboolean
check_rate (Run *run, gint64 now)
{
  guint wait = sios_rule_states_get_wait (run->self->states, run->rule, run->state, run->socket,
                                          run->identity, now);

  return wait > 0 && refuse (run, SIOS_REFUSAL_RATE, "too many of these events", wait);
}

static gboolean
check_schemas (Run *run)
{
  GPtrArray *schemas = run->rule->schemas;
  guint n = sio_args_get_length (run->values.args);
  g_autofree char *problem = NULL;

  if (n != schemas->len)
    {
      problem = g_strdup_printf ("expected %u argument%s, got %u", schemas->len,
                                 schemas->len == 1 ? "" : "s", n);
      return refuse (run, SIOS_REFUSAL_SCHEMA, problem, 0);
    }
  for (guint i = 0; i < n; i++)
    if (!sios_schema_check (g_ptr_array_index (schemas, i), run->values.args, i, &problem))
      return refuse (run, SIOS_REFUSAL_SCHEMA, problem, 0);
  return FALSE;
}

static gboolean
check_lengths (Run *run)
{
  for (guint i = 0; i < run->rule->lengths->len; i++)
    {
      const SiosLengthLimit *limit = &g_array_index (run->rule->lengths, SiosLengthLimit, i);
      g_autofree char *problem = NULL;
      SioArgsIter iter;
      gsize length;

      if (!sio_args_iter_init_path (&iter, run->values.args, limit->n,
                                    (const char *const *) limit->path))
        continue;
      length = sio_args_iter_get_string_length (&iter);
      /* What is no string has another length. */
      if (sio_args_iter_get_arg_type (&iter) != SIO_ARG_STRING)
        problem = g_strdup_printf ("%s: expected a string", limit->text);
      else if (length > limit->max)
        problem = g_strdup_printf ("%s: expected at most %" G_GUINT64_FORMAT
                                   " characters, got %" G_GSIZE_FORMAT,
                                   limit->text, limit->max, length);
      if (problem != NULL)
        return refuse (run, SIOS_REFUSAL_TOO_LONG, problem, 0);
    }
  return FALSE;
}

/* *@name is (transfer full), NULL if it is left out. */
static gboolean
expand (Run *run, const SiosTemplate *template, gboolean as_room, char **name)
{
  const char *constant = sios_template_get_constant (template);
  GString *scratch = run->self->scratch;
  g_autofree char *problem = NULL;

  *name = NULL;
  if (constant != NULL)
    {
      *name = g_strdup (constant);
      return FALSE;
    }
  g_string_truncate (scratch, 0);
  switch (sios_template_expand (template, &run->values, as_room, scratch, &problem))
    {
    case SIOS_TEMPLATE_DONE:
      *name = g_strndup (scratch->str, scratch->len);
      return FALSE;
    case SIOS_TEMPLATE_NO_IDENTITY:
      return refuse (run, SIOS_REFUSAL_NOT_AUTHENTICATED, problem, 0);
    case SIOS_TEMPLATE_BAD_ARGUMENT:
      return refuse (run, SIOS_REFUSAL_BAD_ARGUMENT, problem, 0);
    case SIOS_TEMPLATE_SKIPPED:
    default:
      return FALSE;
    }
}

static gboolean
check_in_room (Run *run, const char *room)
{
  g_autofree char *problem = NULL;

  if (sio_socket_is_in (run->socket, room))
    return FALSE;
  problem = g_strdup_printf ("you are not in room \"%s\"", room);
  return refuse (run, SIOS_REFUSAL_NOT_IN_ROOM, problem, 0);
}

static gboolean
check_member_of (Run *run)
{
  for (guint i = 0; i < run->rule->member_of->len; i++)
    {
      g_autofree char *room = NULL;

      if (expand (run, g_ptr_array_index (run->rule->member_of, i), TRUE, &room) ||
          (room != NULL && check_in_room (run, room)))
        return TRUE;
    }
  return FALSE;
}

/* Takes @room. */
static void
add_room (Receivers *receivers, char *room)
{
  if (receivers->rooms == NULL)
    {
      receivers->rooms = g_ptr_array_new_with_free_func (g_free);
      g_ptr_array_add (receivers->rooms, NULL);
    }
  g_ptr_array_insert (receivers->rooms, (int) receivers->rooms->len - 1, room);
}

static gboolean
add_joined_rooms (Run *run, Receivers *receivers)
{
  g_auto (GStrv) all = sio_socket_list_rooms (run->socket);
  gboolean any = FALSE;

  for (guint i = 0; all[i] != NULL; i++)
    if (strcmp (all[i], sio_socket_get_id (run->socket)) != 0)
      {
        add_room (receivers, g_strdup (all[i]));
        any = TRUE;
      }
  return !any && refuse (run, SIOS_REFUSAL_NOT_IN_ROOM, "join a room first", 0);
}

static gboolean
find_receivers (Run *run, const SiosEmission *emission, gboolean is_first, Receivers *receivers)
{
  for (guint i = 0; i < emission->to->len; i++)
    {
      const SiosTemplate *template = g_ptr_array_index (emission->to, i);
      char *room;

      switch (sios_template_get_kind (template))
        {
        case SIOS_TEMPLATE_ROOMS:
          if (add_joined_rooms (run, receivers))
            return TRUE;
          break;
        case SIOS_TEMPLATE_ALL:
          receivers->all = TRUE;
          break;
        case SIOS_TEMPLATE_SENDER:
          receivers->sender = TRUE;
          break;
        case SIOS_TEMPLATE_NAME:
        default:
          if (expand (run, template, TRUE, &room))
            return TRUE;
          if (room == NULL)
            break;
          add_room (receivers, room);
          if (is_first && run->rule->require_in_rooms && check_in_room (run, room))
            return TRUE;
        }
    }
  receivers->sender |= emission->include_sender;
  return FALSE;
}

/* Names that depend on what a pattern matched. */
static gboolean
find_names (Run *run, const SiosEmission *emission, Receivers *receivers)
{
  if (!emission->has_open_names)
    return FALSE;
  receivers->names = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < emission->names->len; i++)
    {
      char *name;

      if (expand (run, g_ptr_array_index (emission->names, i), FALSE, &name))
        return TRUE;
      g_ptr_array_add (receivers->names, name);
      if (name == NULL || *name == '\0' || sios_rule_is_reserved (name))
        return refuse (run, SIOS_REFUSAL_BAD_ARGUMENT, "this event has no name to be sent with", 0);
    }
  return FALSE;
}

static gint64
get_time (Run *run)
{
  if (run->time == 0)
    run->time = g_get_real_time ();
  return run->time;
}

static const char *
get_id (Run *run)
{
  if (*run->id == '\0')
    {
      g_string_truncate (run->self->scratch, 0);
      sios_append_id (run->self->scratch, get_time (run));
      g_strlcpy (run->id, run->self->scratch->str, sizeof run->id);
    }
  return run->id;
}

static void
append_text (GString *json, const char *text)
{
  if (text != NULL)
    sios_append_json_string (json, text);
  else
    g_string_append (json, "null");
}

static void
append_field (Run *run, const SiosAddition *addition, GString *json)
{
  SiosIdentity *identity = run->identity;

  g_string_append (json, addition->member);
  switch (addition->field)
    {
    case SIOS_FIELD_TIMESTAMP:
      g_string_append_c (json, '"');
      sios_append_timestamp (json, get_time (run));
      g_string_append_c (json, '"');
      break;
    case SIOS_FIELD_TIMESTAMP_MS:
      g_string_append_printf (json, "%" G_GINT64_FORMAT, get_time (run) / 1000);
      break;
    case SIOS_FIELD_ID:
      append_text (json, get_id (run));
      break;
    case SIOS_FIELD_USER_ID:
      append_text (json, identity != NULL ? identity->user : NULL);
      break;
    case SIOS_FIELD_SOCKET_ID:
      append_text (json, sio_socket_get_id (run->socket));
      break;
    case SIOS_FIELD_ROLE:
      append_text (json, identity != NULL ? identity->roles[0] : NULL);
      break;
    case SIOS_FIELD_TENANT:
      append_text (json, identity != NULL ? identity->tenant : NULL);
      break;
    case SIOS_FIELD_EVENT:
      append_text (json, run->values.event);
      break;
    case SIOS_N_FIELDS:
    default:
      g_assert_not_reached ();
    }
}

/* The arguments to send; *@args is NULL if they stay as they came. */
static gboolean
add_fields (Run *run, const SiosEmission *emission, SioArgs **args)
{
  g_autoptr (GString) json = NULL;
  g_autoptr (GError) error = NULL;

  *args = NULL;
  if (emission->additions->len == 0)
    return FALSE;
  json = g_string_new ("{");
  for (guint i = 0; i < emission->additions->len; i++)
    {
      if (i > 0)
        g_string_append_c (json, ',');
      append_field (run, &g_array_index (emission->additions, SiosAddition, i), json);
    }
  g_string_append_c (json, '}');
  *args = sio_args_set_members (run->values.args, 0, json->str, (gssize) json->len, &error);
  return *args == NULL &&
         refuse (run, SIOS_REFUSAL_BAD_ARGUMENT, "argument 0: expected an object", 0);
}

static gboolean
is_for_nobody (const Receivers *receivers)
{
  return !receivers->all && !receivers->sender && receivers->rooms == NULL;
}

static void
send_as (Run *run, const Receivers *receivers, const char *name, SioArgs *args)
{
  SioNamespace *ns = sio_socket_get_namespace (run->socket);
  const char *const *rooms =
      receivers->rooms != NULL ? (const char *const *) receivers->rooms->pdata : NULL;
  SioBroadcast *broadcast;

  if (receivers->sender && !receivers->all && rooms == NULL)
    {
      if (args != NULL)
        sio_socket_emit (run->socket, name, sio_args_ref (args));
      else
        sio_socket_emit_message (run->socket, name, run->message);
      return;
    }
  if (receivers->all)
    broadcast =
        receivers->sender ? sio_namespace_broadcast (ns) : sio_socket_broadcast (run->socket);
  else if (receivers->sender)
    broadcast =
        sio_broadcast_to (sio_namespace_to_rooms (ns, rooms), sio_socket_get_id (run->socket));
  else
    broadcast = sio_socket_to_rooms (run->socket, rooms);
  if (args != NULL)
    sio_broadcast_emit (broadcast, name, sio_args_ref (args));
  else
    sio_broadcast_emit_message (broadcast, name, run->message);
}

static void
send_emission (Run *run, const SiosEmission *emission, Receivers *receivers, SioArgs *args)
{
  if (is_for_nobody (receivers))
    return;
  if (emission->names->len == 0)
    {
      /* With a track the list is what is sent. */
      if (run->rule->track == NULL || emission != g_ptr_array_index (run->rule->emissions, 0))
        send_as (run, receivers, run->values.event, args);
    }
  for (guint i = 0; i < emission->names->len; i++)
    send_as (run, receivers,
             receivers->names != NULL
                 ? g_ptr_array_index (receivers->names, i)
                 : sios_template_get_text (g_ptr_array_index (emission->names, i)),
             args);
}

static gboolean
follow_track (Run *run, const Receivers *receivers)
{
  const SiosRule *rule = run->rule;
  const char *user = run->identity != NULL ? run->identity->user : sio_socket_get_id (run->socket);

  for (guint i = 0; receivers->rooms != NULL && i < receivers->rooms->len - 1; i++)
    {
      const char *room = g_ptr_array_index (receivers->rooms, i);

      if (rule->track_action == SIOS_TRACK_REMOVE)
        sios_tracker_remove (run->self->tracker, run->socket, rule->track->name, room);
      else if (!sios_tracker_add (run->self->tracker, run->socket, rule->track->name, room, user))
        return refuse (run, SIOS_REFUSAL_LIMIT, "you are listed in too many rooms already", 0);
    }
  return FALSE;
}

static void
count_cb (SioSocket *socket, gpointer user_data)
{
  ++*(guint *) user_data;
}

static guint
count_receivers (Run *run, const Receivers *receivers)
{
  SioNamespace *ns = sio_socket_get_namespace (run->socket);
  const char *const except[] = { sio_socket_get_id (run->socket), NULL };
  g_autoptr (SioTarget) target = NULL;
  guint n = receivers->sender ? 1 : 0;

  if (receivers->all)
    return sio_namespace_get_n_sockets (ns) - (receivers->sender ? 0 : 1);
  if (receivers->rooms == NULL)
    return n;
  target =
      sio_target_new ((const char *const *) receivers->rooms->pdata, except, SIO_EMIT_LOCAL, 0);
  sio_adapter_foreach_socket (sio_namespace_get_adapter (ns), target, count_cb, &n);
  return n;
}

static void
acknowledge (Run *run, const Receivers *receivers)
{
  char json[80];

  if (!sio_message_wants_reply (run->message))
    return;
  switch (run->rule->ack)
    {
    case SIOS_ACK_OK:
      reply (run, "[{\"ok\":true}]");
      break;
    case SIOS_ACK_COUNT:
      g_snprintf (json, sizeof json, "[{\"ok\":true,\"count\":%u}]",
                  count_receivers (run, receivers));
      reply (run, json);
      break;
    case SIOS_ACK_ID:
      g_snprintf (json, sizeof json, "[{\"ok\":true,\"id\":\"%s\"}]", get_id (run));
      reply (run, json);
      break;
    case SIOS_ACK_NONE:
    default:
      break;
    }
}

/* Checks and sends; TRUE if it was refused. */
static gboolean
follow (Run *run)
{
  const SiosRule *rule = run->rule;
  guint n = rule->emissions->len;
  Receivers receivers[SIOS_RULE_MAX_EMISSIONS] = { 0 };
  SioArgs *args[SIOS_RULE_MAX_EMISSIONS] = { NULL };
  gint64 now = rule->rate.interval > 0 ? g_get_monotonic_time () : 0;
  gboolean refused;

  refused = (rule->needs_identity && check_identity (run)) ||
            (rule->rate.interval > 0 && check_rate (run, now)) ||
            (rule->schemas->len > 0 && check_schemas (run)) ||
            (rule->lengths->len > 0 && check_lengths (run)) ||
            (rule->member_of->len > 0 && check_member_of (run));
  for (guint i = 0; i < n && !refused; i++)
    {
      const SiosEmission *emission = g_ptr_array_index (rule->emissions, i);

      refused = find_receivers (run, emission, i == 0, &receivers[i]) ||
                find_names (run, emission, &receivers[i]) || add_fields (run, emission, &args[i]);
    }
  if (!refused && rule->rate.interval > 0)
    sios_rule_states_take (run->self->states, rule, run->state, run->socket, run->identity, now);
  if (!refused && rule->track != NULL)
    refused = follow_track (run, &receivers[0]);
  if (!refused)
    {
      for (guint i = 0; i < n; i++)
        send_emission (run, g_ptr_array_index (rule->emissions, i), &receivers[i], args[i]);
      acknowledge (run, &receivers[0]);
      run->state->n_done++;
    }
  for (guint i = 0; i < n; i++)
    {
      receivers_clear (&receivers[i]);
      g_clear_pointer (&args[i], sio_args_unref);
    }
  return refused;
}

static const SiosRuleMap *
find_map (Rules *self, SioNamespace *ns)
{
  if (self->last.ns != ns)
    self->last = (Cached){ ns, g_hash_table_lookup (self->maps, ns) };
  return self->last.map;
}

static gboolean
rules_event (gpointer data, SioSocket *socket, SioMessage *message)
{
  Rules *self = data;
  const SiosRuleMap *map = find_map (self, sio_socket_get_namespace (socket));
  Run run = { self };
  gboolean refused;

  if (map == NULL)
    return FALSE;
  run.values.event = sio_message_get_event (message);
  run.rule =
      sios_rule_map_find (map, run.values.event, &run.values.matched, &run.values.matched_length);
  if (run.rule == NULL)
    return FALSE;
  run.state = self->by_index[run.rule->index];
  run.socket = socket;
  run.message = message;
  run.values.socket_id = sio_socket_get_id (socket);
  if (run.rule->needs_identity && sios_socket_get_identity (socket) != NULL)
    run.identity = run.values.identity = sios_identity_ref (sios_socket_get_identity (socket));
  if (run.rule->needs_args)
    run.values.args = sio_message_get_args (message);
  refused = follow (&run);
  g_clear_pointer (&run.identity, sios_identity_unref);
  return refused || !run.rule->pass_on;
}

static void
rules_metrics (gpointer data, SiosMetricFunc func, gpointer user_data)
{
  Rules *self = data;

  sios_rule_states_visit_metrics (self->states, func, user_data);
  for (guint i = 0; self->table != NULL && i < self->table->tracks->len; i++)
    {
      const SiosTrack *track = g_ptr_array_index (self->table->tracks, i);
      const SiosMetric metric = { "event_rules",
                                  "tracked_users",
                                  SIOS_METRIC_GAUGE,
                                  "Users that are listed, in each room anew.",
                                  "track",
                                  track->name,
                                  sios_tracker_get_n_users (self->tracker, track->name) };

      func (&metric, user_data);
    }
}

const SiosFeature sios_rules_feature = {
  .name = "rules",
  .create = rules_create,
  .destroy = rules_destroy,
  .prepare = rules_prepare,
  .release = (GDestroyNotify) sios_rule_table_free,
  .configure = rules_configure,
  .namespace_added = rules_namespace_added,
  .disconnected = rules_disconnected,
  .event = rules_event,
  .metrics = rules_metrics,
};
