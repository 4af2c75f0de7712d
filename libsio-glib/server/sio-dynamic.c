/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-dynamic-private.h"

#include <string.h>

#include "sio-chain-private.h"
#include "sio-engine-private.h"
#include "sio-namespace-private.h"
#include "sio-server-private.h"

/* Namespaces that are made when clients ask for them, protocol.md §4.3. */

/* A pattern that needs more steps than this for one name does not match it: some patterns take
 * exponential time for names made on purpose. */
#define MATCH_LIMIT "(*LIMIT_MATCH=100000)"
/* How often namespaces that nobody uses are looked for when there are too many. */
#define SWEEP_INTERVAL_US (G_USEC_PER_SEC / 10)

struct _SioNamePattern
{
  GRegex *regex;   /* or */
  SioChain *chain; /* of one function */
};

struct _SioLookup
{
  guint ref_count;
  guint over : 1;
  guint reserved : 1;
  SioServer *server; /* outlives it: connections cancel it before they forget the server */
  SioHandshake *handshake;
  GPtrArray *parents; /* element-type SioNamespace */
  guint next;
  SioChainRun *run; /* of the function that is being asked, or NULL */
  SioLookupFunc func;
  gpointer user_data;
  char name[];
};

static void
pattern_free (SioNamePattern *self)
{
  g_clear_pointer (&self->regex, g_regex_unref);
  g_clear_pointer (&self->chain, sio_chain_free);
  g_free (self);
}

void
sio_dynamic_namespace_finalize (SioNamespace *self)
{
  if (self->parent != NULL)
    g_ptr_array_remove_fast (self->parent->children, self);
  g_clear_object (&self->parent);
  g_clear_pointer (&self->children, g_ptr_array_unref);
  g_clear_pointer (&self->pattern, pattern_free);
}

void
sio_dynamic_adopt (SioNamespace *parent, SioNamespace *ns)
{
  ns->parent = g_object_ref (parent);
  g_ptr_array_add (parent->children, ns);
}

void
sio_dynamic_pin (SioNamespace *ns)
{
  if (!ns->dynamic)
    return;
  ns->dynamic = FALSE;
  ns->server->n_dynamic--;
}

static gboolean
matches (SioServer *server, SioNamespace *parent, const char *name, SioHandshake *handshake)
{
  GRegex *regex = parent->pattern->regex;
  g_autoptr (GError) error = NULL;

  if (regex == NULL)
    return FALSE;
  if (g_regex_match_full (regex, name, -1, 0, 0, NULL, &error))
    return TRUE;
  if (error != NULL && handshake != NULL)
    {
      const SioIncidentInfo info = { .kind = SIO_INCIDENT_REFUSED,
                                     .code = "slow-pattern",
                                     .text = "the name of a namespace takes too long to match",
                                     .address = sio_handshake_get_address (handshake) };

      sio_engine_report_incident (server->engine, &info);
    }
  return FALSE;
}

SioNamespace *
sio_dynamic_find_parent (SioServer *server, const char *name)
{
  for (guint i = 0; server->parents != NULL && i < server->parents->len; i++)
    {
      SioNamespace *parent = g_ptr_array_index (server->parents, i);

      if (matches (server, parent, name, NULL))
        return parent;
    }
  return NULL;
}

/* Removal */

static void
adapter_closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!sio_adapter_close_finish (SIO_ADAPTER (source), result, &error))
    g_warning ("Cannot close an adapter: %s", error->message);
}

static gboolean
is_unused (SioNamespace *self)
{
  return self->dynamic && g_hash_table_size (self->sockets) == 0 &&
         (self->connecting == NULL || g_hash_table_size (self->connecting) == 0);
}

static void
remove_namespace (SioNamespace *self)
{
  g_autoptr (SioNamespace) hold = g_object_ref (self);
  SioServer *server = self->server;

  sio_dynamic_pin (self);
  sio_namespace_detach (self);
  g_ptr_array_remove_fast (self->parent->children, self);
  g_clear_object (&self->parent);
  g_hash_table_remove (server->namespaces, self->name);
  if (self->adapter != NULL)
    sio_adapter_close_async (self->adapter, NULL, adapter_closed_cb, NULL);
}

void
sio_namespace_socket_gone (SioNamespace *self)
{
  if (self->dynamic && self->server != NULL && self->server->cleanup_empty_children &&
      !self->server->closing && is_unused (self))
    remove_namespace (self);
}

static void
remove_unused (SioServer *server)
{
  g_autoptr (GPtrArray) namespaces = NULL;
  gint64 now = g_get_monotonic_time ();

  if (now - server->last_sweep < SWEEP_INTERVAL_US || server->closing)
    return;
  server->last_sweep = now;
  namespaces = sio_server_list_namespaces (server);
  for (guint i = 0; i < namespaces->len; i++)
    {
      SioNamespace *ns = g_ptr_array_index (namespaces, i);

      if (ns->server != NULL && is_unused (ns))
        remove_namespace (ns);
    }
}

/* Lookups */

SioLookup *
sio_lookup_new (SioServer *server,
                const char *name,
                gsize length,
                SioHandshake *handshake,
                SioLookupFunc func,
                gpointer user_data)
{
  SioLookup *self = g_malloc0 (sizeof (SioLookup) + length + 1);

  self->ref_count = 1;
  self->server = server;
  self->handshake = sio_handshake_ref (handshake);
  self->parents = g_ptr_array_ref (server->parents);
  self->func = func;
  self->user_data = user_data;
  memcpy (self->name, name, length);
  return self;
}

SioLookup *
sio_lookup_ref (SioLookup *self)
{
  self->ref_count++;
  return self;
}

void
sio_lookup_unref (SioLookup *self)
{
  if (--self->ref_count > 0)
    return;
  sio_handshake_unref (self->handshake);
  g_ptr_array_unref (self->parents);
  g_free (self);
}

const char *
sio_lookup_get_name (SioLookup *self)
{
  return self->name;
}

SioHandshake *
sio_lookup_get_handshake (SioLookup *self)
{
  return self->handshake;
}

/* A name that is being decided about counts as if there were a namespace, once however many
 * clients ask for it. */
static gboolean
reserve (SioLookup *self)
{
  SioServer *server = self->server;
  guint max = server->max_dynamic;
  gpointer n;

  if (self->reserved)
    return TRUE;
  if (server->pending_names == NULL)
    server->pending_names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  n = g_hash_table_lookup (server->pending_names, self->name);
  if (n == NULL && max > 0 && server->n_dynamic + g_hash_table_size (server->pending_names) >= max)
    {
      remove_unused (server);
      if (server->n_dynamic + g_hash_table_size (server->pending_names) >= max)
        return FALSE;
    }
  g_hash_table_insert (server->pending_names, g_strdup (self->name),
                       GUINT_TO_POINTER (GPOINTER_TO_UINT (n) + 1));
  self->reserved = TRUE;
  return TRUE;
}

static void
end (SioLookup *self)
{
  guint n;

  self->over = TRUE;
  if (!self->reserved)
    return;
  self->reserved = FALSE;
  n = GPOINTER_TO_UINT (g_hash_table_lookup (self->server->pending_names, self->name));
  if (n > 1)
    g_hash_table_insert (self->server->pending_names, g_strdup (self->name),
                         GUINT_TO_POINTER (n - 1));
  else
    g_hash_table_remove (self->server->pending_names, self->name);
}

static void
finish (SioLookup *self, SioNamespace *ns, SioLookupResult result)
{
  if (self->over)
    return;
  end (self);
  self->func (self, ns, result, self->user_data);
}

/* A parent wants a namespace of that name; somebody may have made it meanwhile. */
static void
use_parent (SioLookup *self, SioNamespace *parent)
{
  SioServer *server = self->server;
  g_autoptr (SioNamespace) ns = NULL;

  if (g_hash_table_contains (server->namespaces, self->name))
    ns = g_object_ref (g_hash_table_lookup (server->namespaces, self->name));
  else if (!reserve (self))
    {
      finish (self, NULL, SIO_LOOKUP_TOO_MANY);
      return;
    }
  else
    {
      ns = g_object_ref (sio_server_add_namespace (server, self->name, parent, TRUE));
      /* Handlers of the signal may have ended the connection. */
      if (self->over)
        sio_namespace_socket_gone (ns);
    }
  finish (self, ns, SIO_LOOKUP_FOUND);
}

static void look_on (SioLookup *self);

static void
invoke (SioChainRun *run, GCallback func, GTask *task, gpointer user_data)
{
  SioLookup *self = sio_chain_run_get_subject (run);

  ((SioNamespaceFunc) func) (g_ptr_array_index (self->parents, self->next - 1), self->name,
                             self->handshake, task, user_data);
}

static void
asked (SioChainRun *run, const GError *error, GTask *task)
{
  g_autoptr (SioLookup) self = sio_lookup_ref (sio_chain_run_get_subject (run));

  g_clear_pointer (&self->run, sio_chain_run_unref);
  if (error == NULL)
    use_parent (self, g_ptr_array_index (self->parents, self->next - 1));
  else
    look_on (self);
}

static void
ask (SioLookup *self, SioNamespace *parent)
{
  static const SioChainKind kind = { .name = "[sio] dynamic namespace",
                                     .at_once = TRUE,
                                     .invoke = invoke,
                                     .done = asked,
                                     .free_subject = (GDestroyNotify) sio_lookup_unref };
  g_autoptr (SioChainRun) run = NULL;

  if (!reserve (self))
    {
      finish (self, NULL, SIO_LOOKUP_TOO_MANY);
      return;
    }
  run = sio_chain_run_new (&kind, parent, sio_lookup_ref (self), &parent->pattern->chain, 1);
  self->run = sio_chain_run_ref (run);
  sio_chain_run_start (run);
}

static void
look_on (SioLookup *self)
{
  while (!self->over && self->next < self->parents->len)
    {
      SioNamespace *parent = g_ptr_array_index (self->parents, self->next++);

      if (parent->pattern->chain != NULL)
        {
          ask (self, parent);
          return;
        }
      if (matches (self->server, parent, self->name, self->handshake))
        {
          use_parent (self, parent);
          return;
        }
    }
  finish (self, NULL, SIO_LOOKUP_NONE);
}

void
sio_lookup_start (SioLookup *self)
{
  g_autoptr (SioLookup) keep = sio_lookup_ref (self);

  look_on (self);
}

void
sio_lookup_cancel (SioLookup *self)
{
  SioChainRun *run = g_steal_pointer (&self->run);

  if (!self->over)
    end (self);
  if (run != NULL)
    {
      sio_chain_run_cancel (run);
      sio_chain_run_unref (run);
    }
  sio_lookup_unref (self);
}

/* Parents */

static SioNamespace *
add_parent (SioServer *self)
{
  /* The name that JavaScript gives it; nobody can connect to it. */
  g_autofree char *name = g_strdup_printf ("/_%u", self->n_parents++);
  SioNamespace *parent = sio_namespace_new (self, name);

  parent->children = g_ptr_array_new ();
  parent->pattern = g_new0 (SioNamePattern, 1);
  /* Lookups that are under way go on with the array they began with. */
  if (self->parents != NULL)
    {
      GPtrArray *old = g_steal_pointer (&self->parents);

      self->parents = g_ptr_array_copy (old, (GCopyFunc) g_object_ref, NULL);
      g_ptr_array_set_free_func (self->parents, g_object_unref);
      g_ptr_array_unref (old);
    }
  else
    self->parents = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (self->parents, parent);
  return parent;
}

/**
 * sio_server_of_regex:
 * @self: a server
 * @regex: matches the names, which start with a slash; it may match anywhere in them, unless it
 *   contains `^` and `$`
 *
 * Lets clients make namespaces whose names match a pattern.
 *
 * ```c
 * g_autoptr (GRegex) regex = g_regex_new ("^/room-\\d+$", 0, 0, NULL);
 * SioNamespace *rooms = sio_server_of_regex (server, regex);
 *
 * g_signal_connect (rooms, "connection", G_CALLBACK (on_connection), self);
 * sio_namespace_on (rooms, "say", on_say, self, NULL);
 * ```
 *
 * What is returned is the parent of these namespaces. Its handlers, middlewares and event
 * middlewares count for all of its children, also those added later, and come before their own;
 * its signal [signal@Sio.Namespace::connection] is emitted for their sockets. What is emitted
 * through it reaches the sockets of all children. It has no sockets of its own.
 * [method@Sio.Socket.get_namespace] tells in which child a socket is.
 *
 * When a client asks for a name that does not exist, parents are tried in the order they were
 * added. Namespaces of [method@Sio.Server.of] whose names match become children, too, if they
 * are made after the parent. [signal@Sio.Server::new-namespace] tells of new children,
 * [property@Sio.Server:max-dynamic-namespaces] limits them, and
 * [property@Sio.Server:cleanup-empty-child-namespaces] removes those that nobody uses.
 *
 * Names come from clients: one for which the pattern takes too many steps does not match.
 *
 * Returns: (transfer none): the parent, which lives as long as the server
 *
 * Since: 0.1
 */
SioNamespace *
sio_server_of_regex (SioServer *self, GRegex *regex)
{
  g_autofree char *pattern = NULL;
  g_autoptr (GError) error = NULL;
  SioNamespace *parent;

  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);
  g_return_val_if_fail (regex != NULL, NULL);

  parent = add_parent (self);
  pattern = g_strconcat (MATCH_LIMIT, g_regex_get_pattern (regex), NULL);
  parent->pattern->regex = g_regex_new (pattern, g_regex_get_compile_flags (regex),
                                        g_regex_get_match_flags (regex), &error);
  if (parent->pattern->regex == NULL)
    {
      /* It was compiled once already, so only the limit can be the reason. */
      g_warning ("Names of namespaces are matched without a limit: %s", error->message);
      parent->pattern->regex = g_regex_ref (regex);
    }
  return parent;
}

/**
 * sio_server_of_func:
 * @self: a server
 * @func: (scope notified) (closure user_data) (destroy destroy): function that decides
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data when the server is gone
 *
 * Lets clients make namespaces if a function allows it, which may take its time.
 *
 * Everything else is as with [method@Sio.Server.of_regex]. If a client leaves, the decision
 * about it has no effect.
 *
 * Returns: (transfer none): the parent, which lives as long as the server
 *
 * Since: 0.1
 */
SioNamespace *
sio_server_of_func (SioServer *self,
                    SioNamespaceFunc func,
                    gpointer user_data,
                    GDestroyNotify destroy)
{
  SioNamespace *parent;

  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);
  g_return_val_if_fail (func != NULL, NULL);

  parent = add_parent (self);
  parent->pattern->chain = sio_chain_new ();
  sio_chain_add (parent->pattern->chain, G_CALLBACK (func), user_data, destroy);
  return parent;
}

/**
 * sio_namespace_is_parent:
 * @self: a namespace
 *
 * Tells whether it is the parent of namespaces that clients can make; see
 * [method@Sio.Server.of_regex].
 *
 * Returns: `TRUE` if it is
 *
 * Since: 0.1
 */
gboolean
sio_namespace_is_parent (SioNamespace *self)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), FALSE);

  return self->pattern != NULL;
}

/**
 * sio_namespace_get_parent:
 * @self: a namespace
 *
 * Gets the parent that made the namespace.
 *
 * Returns: (transfer none) (nullable): the parent, `NULL` if there is none
 *
 * Since: 0.1
 */
SioNamespace *
sio_namespace_get_parent (SioNamespace *self)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);

  return self->parent;
}

/**
 * sio_namespace_list_children:
 * @self: a namespace
 *
 * Lists the children of a parent namespace.
 *
 * Returns: (transfer container) (element-type SioNamespace): namespaces, none if it is no parent
 *
 * Since: 0.1
 */
GPtrArray *
sio_namespace_list_children (SioNamespace *self)
{
  GPtrArray *children;

  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);

  children = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; self->children != NULL && i < self->children->len; i++)
    g_ptr_array_add (children, g_object_ref (g_ptr_array_index (self->children, i)));
  return children;
}
