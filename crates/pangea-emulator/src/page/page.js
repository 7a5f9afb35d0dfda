// Shows /_emulator/state and follows it. Every text goes in as text, never as HTML: names are whatever a caller chose.
'use strict';

const EVERY_MS = 1000;
const AT_MOST_REQUESTS = 200;

const columns = {
  projects: {
    title: 'Projects',
    key: (project) => project.id,
    cells: {
      name: (project) => [project.name, ...seed(project)],
      id: (project) => code(project.id),
      geo: (project) => project.geo,
      region: (project) => project.region,
      made: (project) => when(project.created_at),
    },
  },
  clients: {
    title: 'Clients',
    key: (client) => client.client_id,
    cells: {
      name: (client) => [client.client_name, ...seed(client)],
      id: (client) => code(client.client_id),
      class: (client) => client.client_class,
      'belongs to': (client, names) => named(names, client.project || client.organization),
      'logs in by': (client) => client.token_endpoint_auth_method,
      made: (client) => when(client.created_at),
    },
  },
  grants: {
    title: 'Grants',
    rows: (state) => state.clients,
    count: (state) => state.clients.reduce((sum, client) => sum + words(client.scope).length + client.roles.length, 0),
    key: (client) => client.client_id,
    cells: {
      client: (client) => client.client_name,
      roles: (client, names) => client.roles.map((role) => mark(granted(role, names))),
      scopes: (client) => words(client.scope).map((word) => mark(word)),
    },
  },
  secrets: {
    title: 'Secrets',
    key: (secret) => secret.client_secret_id,
    over: (secret, state) => secret.client_secret_expires_at <= state.now,
    cells: {
      client: (secret, names) => named(names, secret.client_id),
      name: (secret) => [secret.client_secret_name, ...seed(secret), ...run(secret.of_a_run)],
      id: (secret) => code(secret.client_secret_id),
      expires: (secret) => when(secret.client_secret_expires_at),
    },
  },
  tokens: {
    title: 'Tokens',
    key: (token) => token.jti,
    cells: {
      client: (token, names) => named(names, token.client_id),
      scopes: (token) => words(token.scope).map((word) => mark(word)),
      secret: (token) => [code(token.client_secret_id), ...run(token.of_a_run)],
      expires: (token) => when(token.expires_at),
    },
  },
  configs: {
    title: 'Service configs',
    key: (config) => config.id,
    cells: {
      name: (config) => config.name,
      service: (config) => config.service,
      id: (config) => code(config.id),
      project: (config, names) => named(names, config.project),
      changed: (config) => when(config.updated_at),
    },
  },
  faults: {
    title: 'Planned faults',
    key: (fault) => JSON.stringify(fault),
    cells: { fault: (fault) => code(JSON.stringify(fault)) },
  },
  requests: {
    title: 'Requests',
    rows: (state) => state.requests.slice(-AT_MOST_REQUESTS).reverse(),
    key: (request) => request.request_id,
    cells: {
      at: (request) => when(request.at),
      method: (request) => request.method,
      path: (request) => request.path,
      status: (request) => [status(request.status), ...(request.fault ? [mark(request.fault, 'bad')] : [])],
      caller: (request, names) => [...named(names, request.client_id), ...run(request.by_run_secret)],
      id: (request) => code(request.request_id),
    },
  },
};

function show(state, seen) {
  const names = namesIn(state);
  const organization = state.organization;
  fill('organization', organization ? [organization.name, ' ', code(organization.id)] : ['no organization']);
  fill('summary', [state.summary]);
  const kept = new Set();
  for (const [id, table] of Object.entries(columns)) {
    const rows = table.rows ? table.rows(state) : state[id];
    const count = table.count ? table.count(state) : rows.length;
    const body = rows.map((row) => {
      const key = `${id} ${table.key(row)}`;
      kept.add(key);
      const classes = [seen && !seen.has(key) ? 'fresh' : '', table.over?.(row, state) ? 'over' : ''];
      const cells = Object.values(table.cells).map((cell) => element('td', {}, cell(row, names)));
      return element('tr', { className: classes.join(' ').trim() }, cells);
    });
    const head = element('tr', {}, Object.keys(table.cells).map((name) => element('th', { scope: 'col' }, name)));
    const title = element('h2', {}, [table.title, element('small', {}, String(count))]);
    const filled = element('table', {}, [element('thead', {}, head), element('tbody', {}, body)]);
    fill(id, rows.length ? [title, filled] : id === 'faults' ? [] : [title]);
  }
  return kept;
}

// The names of what has an id, for ids elsewhere.
function namesIn(state) {
  const names = new Map();
  if (state.organization) names.set(state.organization.id, state.organization.name);
  for (const project of state.projects) names.set(project.id, project.name);
  for (const client of state.clients) names.set(client.client_id, client.client_name);
  for (const config of state.configs) names.set(config.id, config.name);
  return names;
}

function granted(role, names) {
  const object = names.get(role.id || role.service_config_id) || role.id || role.service_config_id || role.service;
  return `${role.role} of ${role.type} ${object}`;
}

function words(scope) {
  return (scope || '').split(' ').filter((word) => word);
}

function named(names, id) {
  if (!id) return [];
  return names.has(id) ? [names.get(id)] : [code(id)];
}

function seed(document) {
  return document.seeded ? [' ', mark('seed')] : [];
}

function run(isOfARun) {
  return isOfARun ? [' ', mark('run secret', 'run')] : [];
}

function status(number) {
  if (number === null) return element('span', { className: 'bad' }, 'cut');
  const kind = number < 300 ? 'good' : number < 500 ? 'warn' : 'bad';
  return element('span', { className: kind }, String(number));
}

function when(text) {
  return text ? element('time', { dateTime: text, title: text }, text.slice(0, 19).replace('T', ' ')) : '';
}

function code(text) {
  return element('code', {}, text || '');
}

function mark(text, kind = '') {
  return element('span', { className: `mark ${kind}`.trim() }, text);
}

function element(name, properties, children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...[children].flat());
  return made;
}

function fill(id, children) {
  document.getElementById(id).replaceChildren(...children);
}

function connection(is, text) {
  const place = document.getElementById('connection');
  place.dataset.is = is;
  place.textContent = text;
}

async function follow() {
  let shown = '';
  let seen = null;
  for (;;) {
    if (!document.hidden) {
      try {
        const answer = await fetch('/_emulator/state', { cache: 'no-store' });
        const text = await answer.text();
        const { now, ...rest } = JSON.parse(text);
        // What only the clock changed shows as well: a secret that is over.
        const over = rest.secrets.filter((secret) => secret.client_secret_expires_at <= now).length;
        const news = `${over} ${JSON.stringify(rest)}`;
        if (news !== shown) {
          seen = show({ now, ...rest }, seen);
          shown = news;
        }
        connection('live', 'live');
      } catch {
        connection('lost', 'the emulator does not answer');
      }
    }
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
}

follow();
