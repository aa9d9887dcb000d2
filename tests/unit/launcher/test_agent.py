"""Questions to an agent that answers, refuses or says nothing; libvirt is played by a function."""

import asyncio
import json
from dataclasses import dataclass, field

import pytest

from api.problem import Problem
from launcher.agent import Agent
from launcher.life import Life
from launcher.state import KillSent, QemuExited, Started

INFO = {"supported_commands": [{"name": "guest-get-host-name", "enabled": True}]}


@dataclass(slots=True)
class FakeAgent:
    """Answers commands; what it does not know it refuses, and what blocks it waits for."""

    answers: dict[str, object] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    blocks: asyncio.Event | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, text: str, seconds: int) -> str:
        assert seconds > 0
        command = json.loads(text)["execute"]
        self.asked.append(command)
        self.news.set()
        if self.blocks is not None:
            await self.blocks.wait()
        if command not in self.answers:
            raise Problem("AgentFailed", f"{command} is not known")
        return json.dumps({"return": self.answers[command]})

    async def until_asked(self, *commands: str) -> None:
        async with asyncio.timeout(60):
            while self.asked != list(commands):
                self.news.clear()
                await self.news.wait()


@pytest.fixture
def fake() -> FakeAgent:
    return FakeAgent(
        {
            "guest-info": INFO,
            "guest-get-host-name": {"host-name": "vm"},
            "guest-fsfreeze-status": "thawed",
            "guest-fsfreeze-freeze": 1,
            "guest-fsfreeze-thaw": 1,
        }
    )


@pytest.fixture
def agent(fake: FakeAgent) -> Agent:
    return Agent(Life(), fake.ask)


async def test_only_what_the_agent_knows_is_asked(agent: Agent, fake: FakeAgent) -> None:
    answers = await agent.read_facts()
    assert fake.asked == ["guest-info", "guest-get-host-name"]
    assert answers == {"guest-info": INFO, "guest-get-host-name": {"host-name": "vm"}}


async def test_a_question_that_fails_is_left_out(agent: Agent, fake: FakeAgent) -> None:
    del fake.answers["guest-get-host-name"]
    assert list(await agent.read_facts()) == ["guest-info"]


async def test_an_agent_that_does_not_answer_at_all_is_told(agent: Agent, fake: FakeAgent) -> None:
    del fake.answers["guest-info"]
    with pytest.raises(Problem, match="guest-info is not known"):
        await agent.read_facts()


async def test_a_freeze_for_good_is_not_thawed(agent: Agent, fake: FakeAgent) -> None:
    await agent.freeze(0)
    assert fake.asked == ["guest-fsfreeze-status", "guest-fsfreeze-freeze"]


async def test_a_second_freeze_is_none(agent: Agent, fake: FakeAgent) -> None:
    fake.answers["guest-fsfreeze-status"] = "frozen"
    await agent.freeze(0)
    assert fake.asked == ["guest-fsfreeze-status"]


async def test_a_freeze_with_a_limit_is_thawed_and_tried_again(
    agent: Agent, fake: FakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("launcher.agent._RETRY_SECONDS", (0.01, 0.01))
    thaw = fake.answers.pop("guest-fsfreeze-thaw")
    await agent.freeze(0.01)
    freeze = ["guest-fsfreeze-status", "guest-fsfreeze-freeze"]
    await fake.until_asked(*freeze, "guest-fsfreeze-thaw")
    fake.answers["guest-fsfreeze-thaw"] = thaw
    assert agent._thawing is not None
    async with asyncio.timeout(60):
        await agent._thawing
    assert fake.asked.count("guest-fsfreeze-thaw") >= 2


async def test_a_thaw_on_request_is_the_only_one(agent: Agent, fake: FakeAgent) -> None:
    await agent.freeze(3600)
    task = agent._thawing
    await agent.thaw()
    assert task is not None
    with pytest.raises(asyncio.CancelledError):
        await task
    assert fake.asked.count("guest-fsfreeze-thaw") == 1


async def test_a_freeze_that_nobody_waits_for_any_more_is_undone(
    agent: Agent, fake: FakeAgent
) -> None:
    fake.blocks = asyncio.Event()
    freezing = asyncio.create_task(agent.freeze(0))
    await fake.until_asked("guest-fsfreeze-status")
    freezing.cancel()
    fake.blocks = None
    await fake.until_asked("guest-fsfreeze-status", "guest-fsfreeze-thaw")


async def test_the_end_of_the_guest_ends_the_wait_for_a_thaw(fake: FakeAgent) -> None:
    life = Life()
    agent = Agent(life, fake.ask)
    await agent.freeze(3600)
    for event in (Started(1, paused=False), KillSent("time"), QemuExited()):
        life.emit(event)
    assert agent._thawing is not None
    async with asyncio.timeout(60):
        await agent._thawing
    assert "guest-fsfreeze-thaw" not in fake.asked
