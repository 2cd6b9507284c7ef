package dev.millrace.engine.grammar;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.regex.RegularExpression;
import dev.millrace.engine.AnswerFormat;
import dev.millrace.engine.Problem;
import java.util.List;
import java.util.Optional;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.CharacterRunAutomaton;
import org.apache.lucene.util.automaton.Operations;

/**
 * A second opinion on finished answers: another implementation of JSON Schema, over the parsed text. It shares nothing with masks
 * and tokens. Patterns are run as automata, as the platform's engine can take for ever.
 *
 * <p>Thread-safety: immutable.
 */
public final class AnswerJudge {
    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    private static final SchemaValidatorsConfig CONFIG =
            SchemaValidatorsConfig.builder()
                    .formatAssertionsEnabled(true)
                    .regularExpressionFactory(AnswerJudge::expression)
                    .failFast(false)
                    .build();

    private final Check check;

    /** Says what is wrong with a text. */
    private interface Check {
        Optional<String> wrong(String text) throws JsonProcessingException;
    }

    private AnswerJudge(Check check) {
        this.check = check;
    }

    /** A judge of answers that have this form; the form has passed {@link Grammars}. */
    static AnswerJudge of(AnswerFormat format) {
        if (format instanceof AnswerFormat.JsonSchema json) {
            JsonSchema schema = schema(json.schema());
            return new AnswerJudge(
                    text ->
                            schema.validate(canonical(JSON.readTree(text))).stream()
                                    .findFirst()
                                    .map(
                                            message ->
                                                    message.getInstanceLocation()
                                                            + ": "
                                                            + message.getType()));
        }
        if (format instanceof AnswerFormat.Regex regex) {
            CharacterRunAutomaton whole = run(RegexParser.whole("regex", regex.pattern()));
            return new AnswerJudge(
                    text -> whole.run(text) ? Optional.empty() : other("the pattern"));
        }
        List<String> texts = ((AnswerFormat.Choice) format).texts();
        return new AnswerJudge(text -> texts.contains(text) ? Optional.empty() : other("the list"));
    }

    private static JsonSchema schema(String text) {
        try {
            return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                    .getSchema(canonical(JSON.readTree(text)), CONFIG);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** Numbers that are equal are written alike, as the library compares their digits inside of arrays and objects. */
    private static JsonNode canonical(JsonNode value) throws JsonProcessingException {
        return JSON.readTree(JsonText.of(value));
    }

    private static RegularExpression expression(String pattern) {
        CharacterRunAutomaton somewhere = run(RegexParser.somewhere("pattern", pattern));
        return somewhere::run;
    }

    private static CharacterRunAutomaton run(Automaton automaton) {
        return new CharacterRunAutomaton(Operations.determinize(automaton, Lexemes.WORK));
    }

    private static Optional<String> other(String what) {
        return Optional.of("a text that is not one of " + what);
    }

    /** Why a finished answer must not be used; empty if it is valid. Shows no part of the answer. */
    public Optional<Problem> problem(String answer) {
        Optional<String> wrong;
        try {
            wrong = check.wrong(answer);
        } catch (JsonProcessingException e) {
            wrong = Optional.of("no JSON");
        }
        return wrong.map(AnswerJudge::invalid);
    }

    static Problem invalid(String given) {
        return new Problem(
                GrammarError.INVALID,
                "answer",
                given,
                "an answer in the form that was asked for",
                "Report this with the form; it is a fault of the engine");
    }
}
