// The official Node SDK against permissions-server: every operation, parameter and error.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// The SDK is installed beside the tests' other tools, not beside this file.
const require = createRequire(`${process.env.PERMISSIONS_SDKS}/node/package.json`);
const { default: OpenAI } = await import(pathToFileURL(require.resolve('openai')));

// Releases before the admin key existed send the ordinary one.
const key = process.env.OPENAI_ADMIN_KEY;
const client = new OpenAI({ apiKey: key, adminAPIKey: key, maxRetries: 0 });
const { permissions } = client.fineTuning.checkpoints;
const projects = Array.from({ length: 25 }, (_, n) => `proj_${String(n).padStart(2, '0')}`);

async function collect(pages) {
  const found = [];
  for await (const one of pages) found.push(one.project_id);
  return found;
}

test('create, list and delete', async () => {
  const model = 'ft:node:create';
  const created = await permissions.create(model, { project_ids: projects });
  assert.deepEqual(created.data.map((one) => one.project_id), projects);
  const [first] = created.data;
  const deleted = await permissions.delete(first.id, { fine_tuned_model_checkpoint: model });
  assert.deepEqual(deleted, { object: 'checkpoint.permission', id: first.id, deleted: true });
});

test('pages', async () => {
  const model = 'ft:node:pages';
  await permissions.create(model, { project_ids: projects });
  const list = permissions.list ?? permissions.retrieve;
  const first = await list.call(permissions, model, { limit: 4 });
  assert.equal(first.data.length, 4);
  if (permissions.list) {
    assert.deepEqual(await collect(permissions.list(model, { order: 'ascending', limit: 4 })), projects);
    assert.deepEqual(await collect(permissions.list(model, { limit: 4 })), projects.toReversed());
  }
});

test('every parameter', async () => {
  const model = 'ft:node:parameters';
  const created = await permissions.create(model, { project_ids: projects });
  const list = permissions.list ?? permissions.retrieve;
  const page = await list.call(permissions, model, {
    after: created.data[0].id,
    limit: 0,
    order: 'ascending',
    project_id: projects[1],
  });
  assert.deepEqual(page.data, []);
  assert.equal(page.has_more, true);
});

test('raw responses', async () => {
  const list = permissions.list ?? permissions.retrieve;
  const { response, request_id } = await list.call(permissions, 'ft:node:raw', {}).withResponse();
  assert.match(request_id, /^req_/);
  assert.equal(response.headers.get('content-type'), 'application/json');
});

// The calls that the SDK is tested with upstream, by ids that exist here.
test('one call gives its raw answer, its parsed one, and both', async () => {
  const model = 'ft:gpt-4o-mini-2024-07-18:org:weather:node';
  const calls = [() => permissions.create(model, { project_ids: ['string'] })];
  for (const list of [permissions.retrieve, permissions.list]) {
    if (list) calls.push(() => list.call(permissions, model));
  }
  const [{ id }] = (await permissions.create(model, { project_ids: ['to delete'] })).data;
  calls.push(() => permissions.delete(id, { fine_tuned_model_checkpoint: model }));
  for (const call of calls) {
    const pending = call();
    const raw = await pending.asResponse();
    assert.ok(raw instanceof Response);
    assert.equal(raw.status, 200);
    const parsed = await pending;
    assert.ok(!(parsed instanceof Response));
    const both = await pending.withResponse();
    assert.equal(both.data, parsed);
    assert.equal(both.response, raw);
  }
});

test('parameters and request options go together', async () => {
  const everything = { after: 'after', limit: 0, order: 'ascending', project_id: 'project_id' };
  const elsewhere = { path: '/nothing_is_here' };
  for (const list of [permissions.retrieve, permissions.list]) {
    if (!list) continue;
    await assert.rejects(
      async () => list.call(permissions, 'ft-AF1WoRqd3aJAHsqc9NY7iL8F', everything, elsewhere),
      (error) => error instanceof OpenAI.NotFoundError && error.code === 'unknown_url',
    );
  }
});

test('a delete that announces JSON and brings none', async () => {
  const model = 'ft:node:media-type';
  const { data } = await permissions.create(model, { project_ids: ['proj_a'] });
  const headers = { 'content-type': 'application/json' };
  const deleted = await permissions.delete(data[0].id, { fine_tuned_model_checkpoint: model }, { headers });
  assert.equal(deleted.deleted, true);
});

test('typed errors', async () => {
  const model = 'ft:node:errors';
  const list = permissions.list ?? permissions.retrieve;
  await assert.rejects(
    permissions.delete('cp_none', { fine_tuned_model_checkpoint: model }),
    (error) =>
      error instanceof OpenAI.NotFoundError &&
      error.code === 'not_found' &&
      error.param === 'permission_id' &&
      error.requestID.startsWith('req_'),
  );
  await assert.rejects(
    async () => list.call(permissions, model, { limit: 101 }),
    (error) => error instanceof OpenAI.BadRequestError && error.param === 'limit',
  );
  const other = new OpenAI({ apiKey: 'sk-wrong', adminAPIKey: 'sk-wrong', maxRetries: 0 });
  await assert.rejects(
    async () => list.call(other.fineTuning.checkpoints.permissions, model, {}),
    OpenAI.AuthenticationError,
  );
});

// Older releases have no projects.
test('list projects', { skip: !client.admin?.organization?.projects }, async () => {
  const all = async (query) => {
    const found = [];
    for await (const one of client.admin.organization.projects.list(query)) found.push(one);
    return found;
  };
  assert.deepEqual((await all({ limit: 7 })).map((one) => one.id), projects.slice(0, 24));
  const everything = await all({ limit: 7, include_archived: true });
  assert.deepEqual(everything.map((one) => one.id), projects);
  const { name, status, archived_at } = everything.at(-1);
  assert.deepEqual([name, status], ['Project 24', 'archived']);
  assert.ok(archived_at > 0);
  await assert.rejects(
    async () => client.admin.organization.projects.list({ after: 'proj_unknown' }),
    (error) => error instanceof OpenAI.BadRequestError && error.param === 'after',
  );
});

test('escaped ids', async () => {
  const model = 'a/b?c#d ü';
  const list = permissions.list ?? permissions.retrieve;
  const created = await permissions.create(model, { project_ids: ['proj/1'] });
  const page = await list.call(permissions, model, {});
  assert.equal(page.data[0].id, created.data[0].id);
});
