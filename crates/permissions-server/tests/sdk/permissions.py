"""The official Python SDK against permissions-server: every operation, parameter and error."""

import os
import unittest

import openai


def client(**options):
    # This SDK sends its ordinary key on these endpoints, so the admin key goes there.
    return openai.OpenAI(api_key=os.environ["OPENAI_ADMIN_KEY"], max_retries=0, **options)


class Permissions(unittest.TestCase):
    def setUp(self):
        self.permissions = client().fine_tuning.checkpoints.permissions
        self.model = f"ft:gpt-4o-mini-2024-07-18:org:python:{self.id()}"
        self.projects = [f"proj_{n:02}" for n in range(25)]

    def create(self):
        return self.permissions.create(self.model, project_ids=self.projects)

    def test_create_list_and_delete(self):
        created = self.create()
        self.assertEqual([one.project_id for one in created.data], self.projects)
        self.assertEqual({one.object for one in created.data}, {"checkpoint.permission"})
        deleted = self.permissions.delete(
            created.data[0].id, fine_tuned_model_checkpoint=self.model
        )
        self.assertTrue(deleted.deleted)
        self.assertEqual(deleted.id, created.data[0].id)

    def test_pages(self):
        self.create()
        for order, expected in [
            ("ascending", self.projects),
            ("descending", self.projects[::-1]),
        ]:
            pages = self.permissions.list(self.model, order=order, limit=4)
            self.assertEqual([one.project_id for one in pages], expected)

    def test_every_parameter(self):
        created = self.create()
        page = self.permissions.list(
            self.model,
            after=created.data[0].id,
            limit=0,
            order="ascending",
            project_id=self.projects[1],
        )
        self.assertEqual(page.data, [])
        self.assertTrue(page.has_more)

    def test_old_retrieve(self):
        self.create()
        page = self.permissions.retrieve(self.model, limit=3)
        self.assertEqual(len(page.data), 3)

    def test_raw_and_streaming_responses(self):
        raw = self.permissions.with_raw_response.list(self.model)
        self.assertTrue(raw.request_id.startswith("req_"))
        self.assertEqual(raw.headers["content-type"], "application/json")
        self.assertEqual(raw.parse().data, [])
        with self.permissions.with_streaming_response.list(self.model) as streamed:
            self.assertEqual(streamed.parse().data, [])

    def test_typed_errors(self):
        with self.assertRaises(openai.NotFoundError) as missing:
            self.permissions.delete("cp_none", fine_tuned_model_checkpoint=self.model)
        self.assertEqual(missing.exception.code, "not_found")
        self.assertEqual(missing.exception.param, "permission_id")
        self.assertTrue(missing.exception.request_id.startswith("req_"))
        with self.assertRaises(openai.BadRequestError) as wrong:
            self.permissions.list(self.model, limit=101)
        self.assertEqual(wrong.exception.param, "limit")
        with self.assertRaises(openai.AuthenticationError):
            other = client().with_options(api_key="sk-wrong")
            other.fine_tuning.checkpoints.permissions.list(self.model)

    def test_escaped_ids(self):
        model = "a/b?c#d ü"
        created = self.permissions.create(model, project_ids=["proj/1"])
        self.assertEqual(
            self.permissions.list(model).data[0].id, created.data[0].id
        )

    def test_projects(self):
        projects = client().admin.organization.projects
        self.assertEqual([one.id for one in projects.list(limit=7)], self.projects[:24])
        everything = list(projects.list(limit=7, include_archived=True))
        self.assertEqual([one.id for one in everything], self.projects)
        last = everything[-1]
        self.assertEqual((last.name, last.status), ("Project 24", "archived"))
        self.assertGreater(last.archived_at, 0)
        self.assertIsNone(everything[0].archived_at)
        with self.assertRaises(openai.BadRequestError) as wrong:
            projects.list(limit=0)
        self.assertEqual(wrong.exception.param, "limit")


class Asynchronously(unittest.IsolatedAsyncioTestCase):
    async def test_pages(self):
        async with openai.AsyncOpenAI(
            api_key=os.environ["OPENAI_ADMIN_KEY"], max_retries=0
        ) as client:
            permissions = client.fine_tuning.checkpoints.permissions
            projects = [f"proj_{n}" for n in range(12)]
            await permissions.create("ft:async", project_ids=projects)
            found = [
                one.project_id
                async for one in permissions.list("ft:async", order="ascending", limit=5)
            ]
            self.assertEqual(found, projects)


if __name__ == "__main__":
    unittest.main()
