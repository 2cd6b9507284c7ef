"""Writes goldens.json: what Hugging Face transformers makes of the templates in this folder.

    python -m venv venv && venv/bin/pip install transformers==5.23.0 jinja2==3.1.6
    venv/bin/python make_goldens.py

The templates are written for this project with the constructs that the templates of these model families use.
"""

import json
import pathlib

from transformers.utils.chat_template_utils import _compile_jinja_template

HERE = pathlib.Path(__file__).parent
TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}


def chat(*turns):
    return [{"role": role, "content": content} for role, content in turns]


CHATS = {
    "one question": chat(("user", "What is 2 + 2?")),
    "with a system message": chat(("system", "Be brief."), ("user", "Hello!")),
    "several turns": chat(
        ("system", "You sort tickets."),
        ("user", "It is broken."),
        ("assistant", "Category: defect"),
        ("user", "And now?"),
    ),
    "turns without a system message": chat(
        ("user", "One"), ("assistant", "Two"), ("user", "Three"), ("assistant", "Four"), ("user", "Five")
    ),
    "ends with the assistant": chat(("user", "Say yes."), ("assistant", "Yes.")),
    "spaces and lines": chat(
        ("system", "  two spaces and a line\n"),
        ("user", "\n\n  a\tb \r\n\n"),
        ("assistant", "\nc\n"),
        ("user", " \u00a0d\u2003 "),
    ),
    "unicode": chat(("system", "Grüße, 水, 😀"), ("user", "e\u0301 ≠ é; ہیلو; \ud7ff\ufffd; 👩‍👩‍👧")),
    "looks like code": chat(
        ("user", "{{ bos_token }} {% if x %} {# no #} <b>\"'&amp;\\n</b> <|im_end|> ${x} #{y} %s {0}"),
        ("assistant", "{{ messages }} {%- endfor %} \\ 'q'"),
        ("user", "}} %} #} <tool_response> a </tool_response>"),
    ),
    "thoughts": chat(
        ("user", "Think."),
        ("assistant", "<think>\nfirst\n</think>\n\nAnswer one"),
        ("user", "<tool_response>1</tool_response>"),
        ("assistant", "<think>\n\nsecond\n\n</think>\n\nAnswer two"),
    ),
    "empty texts": chat(("system", ""), ("user", ""), ("assistant", ""), ("user", "")),
    "two questions in a row": chat(("user", "One"), ("user", "Two")),
}


PARAMETERS = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": 'The city\'s name, e.g. "Köln"'},
        "unit": {"type": "string", "enum": ["C", "F"], "default": "C"},
        "days": {"type": "integer"},
    },
    "required": ["city"],
}
TOOLS = [
    {"type": "function", "function": {"name": "weather", "description": "Weather & wind.", "parameters": PARAMETERS}},
    {"type": "function", "function": {"name": "stop", "description": "Ends.", "parameters": {"type": "object", "properties": {}}}},
]
ARGUMENTS = {"city": "Köln", "days": 2, "more": [1.5, True, None, {}]}
CALLS = [{"id": "call12345", "type": "function", "function": {"name": "weather", "arguments": ARGUMENTS}}]
CALLED = [
    {"role": "user", "content": "Weather?"},
    {"role": "assistant", "content": "I look.", "tool_calls": CALLS},
    {"role": "tool", "content": '{"degrees": 3}', "tool_call_id": "call12345", "name": "weather"},
]

# Chats with more than messages.
VARIABLES = {
    "tools": {"messages": chat(("system", "Use tools."), ("user", "Weather?")), "tools": TOOLS},
    "tools without a system message": {"messages": chat(("user", "Weather?")), "tools": TOOLS},
    "a call": {"messages": CALLED, "tools": TOOLS},
    "a call and its answer": {
        "messages": CALLED + chat(("assistant", "Three degrees."), ("user", "Thanks.")),
        "tools": TOOLS,
    },
    "thinking": {"messages": chat(("user", "Think.")), "enable_thinking": True},
    "no thinking": {
        "messages": chat(("user", "One"), ("assistant", "<think>\nx\n</think>\n\nTwo"), ("user", "Three")),
        "enable_thinking": False,
    },
}


def render(template, variables, add_generation_prompt):
    try:
        return {
            "prompt": template.render(
                **{"tools": None, "documents": None, **TOKENS, **variables},
                add_generation_prompt=add_generation_prompt,
            )
        }
    except Exception as e:
        return {"refusal": str(e), "raised": type(e).__name__ == "TemplateError"}


def main():
    chats = {name: {"messages": messages} for name, messages in CHATS.items()} | VARIABLES
    cases = []
    for path in sorted(HERE.glob("*.jinja")):
        template = _compile_jinja_template(path.read_text(encoding="utf-8"))
        for name, variables in chats.items():
            for add_generation_prompt in (False, True):
                cases.append(
                    {
                        "template": path.name,
                        "chat": name,
                        "addGenerationPrompt": add_generation_prompt,
                        **render(template, variables, add_generation_prompt),
                    }
                )
    goldens = {**TOKENS, "chats": chats, "cases": cases}
    text = json.dumps(goldens, indent=1, ensure_ascii=True)
    (HERE / "goldens.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
