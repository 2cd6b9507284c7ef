package dev.millrace.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Message;
import dev.millrace.engine.Status;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ChatTemplateTest {
    private static final List<Message> CHAT =
            List.of(
                    new Message("system", "Be brief."),
                    new Message("user", "  {{ bos_token }} <b>\"Grüße\" & 水</b> "));

    @Test
    void templatesSeeMessagesTokensAndTheGenerationFlag() {
        String source =
                "{{ bos_token }}{%- for m in messages %}\n[{{ m.role }}]"
                        + "{{ m['content'] | trim }}{{ eos_token }}{%- endfor %}\n"
                        + "{%- if add_generation_prompt %}\n[assistant]\n{%- endif %}";
        ChatTemplate template = ChatTemplate.compile(source, "<s>", "</s>");
        String turns = "<s>[system]Be brief.</s>[user]{{ bos_token }} <b>\"Grüße\" & 水</b></s>";
        assertThat(template.render(CHAT, false)).isEqualTo(turns);
        assertThat(template.render(CHAT, true)).isEqualTo(turns + "\n[assistant]".strip());
    }

    @Test
    void windowsLineEndsAreNormalized() {
        assertThat(render("a\r\n{% if true %}\r\nb\r\n{% endif %}c")).isEqualTo("a\nb\nc");
    }

    @Test
    void llama2TemplateComesOutAsInPython() {
        String source =
                "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}"
                        + "{% set system_message = messages[0]['content'] %}{% else %}"
                        + "{% set loop_messages = messages %}{% set system_message = false %}"
                        + "{% endif %}{% for message in loop_messages %}"
                        + "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
                        + "{{ raise_exception('Conversation roles must alternate') }}{% endif %}"
                        + "{% if loop.index0 == 0 and system_message != false %}"
                        + "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' +"
                        + " message['content'] %}{% else %}{% set content = message['content'] %}"
                        + "{% endif %}{% if message['role'] == 'user' %}"
                        + "{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
                        + "{% elif message['role'] == 'assistant' %}"
                        + "{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}";
        ChatTemplate template = ChatTemplate.compile(source, "<s>", "</s>");
        assertThat(
                        template.render(
                                List.of(
                                        new Message("system", "S"),
                                        new Message("user", "U"),
                                        new Message("assistant", "A")),
                                true))
                .isEqualTo("<s>[INST] <<SYS>>\nS\n<</SYS>>\n\nU [/INST] A </s>");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> template.render(List.of(new Message("assistant", "A")), true))
                .satisfies(
                        e ->
                                assertThat(e.problem().code())
                                        .isEqualTo(TokenizerError.TEMPLATE_REFUSED))
                .satisfies(
                        e ->
                                assertThat(e.problem().code().status())
                                        .isEqualTo(Status.INVALID_INPUT))
                .withMessageContaining("Conversation roles must alternate");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '^',
            value = {
                "{% if true %}one {% endif %}two;one two",
                "a {# note #} b;a  b",
                "{{ 'a' }} {{- 'b' -}} c;abc",
                "{{ '}}{%-x' }}{{ \"it's {{\" }};}}{%-xit's {{",
                "{% raw %}{{ x }}{% endraw %}!;{{ x }}!",
                "{{ {'a': {'b': 1}}|tojson }};{\"a\": {\"b\": 1}}",
                "{{ ' a b '.split() | join(',') }};a,b",
                "{{ 'a,b,'.split(',') | join('|') }};a|b|",
                "{{ 'xxaxx'.strip('x') ~ 'xa'.lstrip('x') ~ 'ax'.rstrip('x') }};aaa",
                "{{ 'über alles'.title() }} {{ 'ß'.upper() }};Über Alles SS",
                "{{ 'aXb'.replace('X', '--') }};a--b",
                "{% set n = namespace(x=messages|length - 1, y='a,)') %}{{ n.x }}{{ n.y }};1a,)",
                "{% generation %}kept{% endgeneration %};kept",
                "{% for i in range(9) if i % 2 %}{{ loop.index }}{{ loop.last }}{% endfor %};1False2False3False4True",
                "{% for i in [] %}x{% else %}none{% endfor %};none",
                "{% for i in range(9) %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %};012",
                "{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = 5 %}{{ x }}{% endfor %}{{ x }};15151",
                "{% if not x is defined %}{% set x = 'set' %}{% endif %}{{ x }};set",
                "{% macro m(a, b=2) %}{{ a }}{{ b }}{{ caller() if caller }}{% endmacro %}{{ m(1) }}{% call m(3, b=4) %}c{% endcall %};1234c",
                "{% macro f(n) %}{{ n }}{{ f(n - 1) if n > 0 }}{% endmacro %}{{ f(3) }};3210",
                "{{ none }} {{ true }} {{ [1, 'a\"', none, (1,)] }} {{ {'k': 2.0} }};None True [1, 'a\"', None, (1,)] {'k': 2.0}",
                "{{ 7 // 2 }} {{ -7 % 3 }} {{ 2 ** 3 }} {{ 1 / 4 }} {{ 'ab' * 2 }};3 2 8 0.25 abab",
                "{{ 'abcde'[1:-1] }} {{ 'abc'[::-1] }} {{ [1, 2, 3][-1] }};bcd cba 3",
                "{{ [1, 2, 3] | map('string') | join('+') }} {{ [3, 1] | sort | first }};1+2+3 1",
                "{{ tools is none }} {{ documents }} {{ bos_token }} {{ x is defined }};True None <s> False",
                "{{ 'x' if false }}|{{ undefined_name }}|{{ 1 < 2 < 3 }};||True",
                "{{ {'b': 1, 'a': 2} | dictsort | list }};[('a', 2), ('b', 1)]",
                "{% set ns = namespace() %}{% set ns.a = 'x' %}{{ ns.a ~ 1 }};x1",
                "{% set t %}{% if true %}in{% endif %}{% endset %}{{ t | upper }};IN",
                "{% filter upper %}a{{ 'b' }}{% endfilter %};AB",
                "{{ [{'a': 1}, {}] | selectattr('a', 'defined') | list | length }};1",
                "{{ '%s-%d' % ('a', 2) }} {{ '{}{x}'.format(1, x=2) }};a-2 12",
                "{{ 'a\u00a0'|trim ~ '\u2003a'.strip() }};aa",
            })
    void expressionsComeOutAsInPython(String source, String output) {
        assertThat(render(source)).isEqualTo(output);
    }

    @Test
    void replacingCannotOutgrowTheLimit() {
        String source =
                "{% set ns = namespace(t='aaaaaaaaaa') %}{% for i in range(30) %}"
                        + "{% set ns.t = ns.t.replace('a', 'aaaaaaaaaa') %}{% endfor %}{{ ns.t }}";
        refused(
                ChatTemplate.compile(source, "", "", Duration.ofSeconds(20)),
                TokenizerError.TEMPLATE_OUTPUT,
                "67108864");
    }

    @Test
    void tojsonWritesAsPython() {
        assertThat(render("{{ messages[0] | tojson }}"))
                .isIn(
                        "{\"role\": \"system\", \"content\": \"Be brief.\"}",
                        "{\"content\": \"Be brief.\", \"role\": \"system\"}");
        assertThat(render("{{ [1, 'ü<'] | tojson }}")).isEqualTo("[1, \"ü<\"]");
        assertThat(render("{{ [1] | tojson(indent=2) }}")).isEqualTo("[\n  1\n]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{% if true %}x;line 2",
                "{% nosuchtag %};line 2",
                "{% for %}x{% endfor %};a name belongs, line 2",
                "{% include 'x' %};the statement 'include', line 2",
                "{{ messages is nosuchtest }};'nosuchtest', line 2",
                "{{ 1 +;a tag without an end, line 2",
                "{{ 1 2 }};the tag should end, line 2",
                "{{ messages.99999999999999999999 }};where a name belongs, line 2",
                "{{ 99999999999999999999 }};a number out of range, line 2",
                "{% endif %};'endif' that ends nothing, line 2",
                "{% break %};outside of a loop, line 2",
                "{{ messages | nosuchfilter }};'nosuchfilter'",
            })
    void brokenTemplateIsRefusedWhenTheModelIsOpened(String source, String message) {
        assertThatExceptionOfType(InvalidModelException.class)
                .isThrownBy(() -> ChatTemplate.compile("line one\n" + source, "", ""))
                .withMessageContaining("LLM-TK-11")
                .withMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% include '/etc/passwd' %}",
                "{% import '/etc/passwd' as x %}{{ x }}",
                "{% from '/etc/passwd' import y %}",
                "{% extends '/etc/passwd' %}",
                "{{ ''.getClass() }}",
                "{{ ''.class.forName('java.lang.Runtime') }}",
                "{{ messages.getClass().getClassLoader() }}",
                "{{ messages[0].class.name }}",
                "{{ ''['class'] }}",
                "{{ '{{ 1 + 1 }}' | render }}",
            })
    void templatesReachNothingOutside(String source) {
        try {
            String output = render(source);
            assertThat(output).doesNotContain("root:", "java", "class", "2");
        } catch (InvalidModelException | InvalidRequestException e) {
            assertThat(e.problem().code()).isInstanceOf(TokenizerError.class);
        }
    }

    @Test
    @Timeout(20)
    void endlessTemplateEndsAtItsDeadline() {
        String source =
                "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}"
                        + "{% if a + b + c < 0 %}x{% endif %}"
                        + "{% endfor %}{% endfor %}{% endfor %}";
        ChatTemplate template = ChatTemplate.compile(source, "", "", Duration.ofMillis(200));
        long start = System.nanoTime();
        for (int i = 0; i < 6; i++) {
            refused(template, TokenizerError.TEMPLATE_DEADLINE, "200 ms");
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
        assertThat(render("still at work")).isEqualTo("still at work");
    }

    @Test
    @Timeout(60)
    void templateThatWritesTooMuchEndsAtTheLimit() {
        ChatTemplate template =
                ChatTemplate.compile(
                        "{% for a in range(100000) %}"
                                + "0123456789abcdef".repeat(1024)
                                + "{% endfor %}",
                        "",
                        "",
                        Duration.ofSeconds(50));
        refused(template, TokenizerError.TEMPLATE_OUTPUT, "67108864");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ nosuchfunction() }}",
                "{{ messages[0].content + 1 }}",
                "{{ messages[0].content | int + messages[1].content }}",
                "{{ messages.append(1) }}",
                "{% if true %}{{ messages | nosuchfilter }}{% endif %}",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"
            })
    void failingTemplateNeverQuotesTheMessages(String source) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> render(source))
                .satisfies(
                        e ->
                                assertThat(e.problem().code())
                                        .isEqualTo(TokenizerError.TEMPLATE_FAILED))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("Be brief", "Grüße"));
    }

    @Test
    void refusingTemplateNeverQuotesTheMessages() {
        ChatTemplate template =
                ChatTemplate.compile(
                        "{{ raise_exception('Cannot take ' + messages[1].content) }}", "", "");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> template.render(CHAT, true))
                .satisfies(
                        e ->
                                assertThat(e.problem().code())
                                        .isEqualTo(TokenizerError.TEMPLATE_REFUSED))
                .withMessageContaining("left out")
                .withMessageNotContaining("Grüße");
    }

    private static void refused(ChatTemplate template, TokenizerError code, String message) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> template.render(CHAT, true))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(code))
                .withMessageContaining(message);
    }

    private static String render(String source) {
        return ChatTemplate.compile(source, "<s>", "</s>").render(CHAT, true);
    }
}
