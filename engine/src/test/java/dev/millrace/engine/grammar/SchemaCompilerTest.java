package dev.millrace.engine.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.JsonSchema;
import dev.millrace.engine.AnswerFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Answers under a schema must be valid by another implementation, whatever the model wants. */
class SchemaCompilerTest {
    private static final TokenBytes VOCABULARY = Walks.vocabulary();
    private static final Grammars GRAMMARS = new Grammars(() -> VOCABULARY);
    private static final int ANSWERS = 7;
    private static final int GENERATED = 170;

    static Stream<String> schemas() {
        return SchemaCorpus.written().stream();
    }

    @ParameterizedTest
    @MethodSource("schemas")
    void answersAreValid(String schema) throws IOException {
        walk(schema, compile(schema));
    }

    /** Some of them cannot be fulfilled, or their options cannot be told apart. */
    @Test
    void answersUnderGeneratedSchemasAreValid() throws IOException {
        Set<GrammarError> expected =
                EnumSet.of(GrammarError.UNSATISFIABLE, GrammarError.AMBIGUOUS, GrammarError.LIMIT);
        List<String> walked = new ArrayList<>();
        for (long seed = 0; seed < GENERATED; seed++) {
            String schema = SchemaGenerator.schema(seed);
            Grammar grammar;
            try {
                grammar = compile(schema);
            } catch (GrammarException e) {
                assertThat(expected).as(schema).contains((GrammarError) e.problem().code());
                continue;
            }
            walk(schema, grammar);
            walked.add(schema);
        }
        assertThat(walked).hasSizeGreaterThan(100).doesNotHaveDuplicates();
    }

    private static Grammar compile(String schema) {
        return GRAMMARS.of(new AnswerFormat.JsonSchema(schema));
    }

    private static void walk(String schema, Grammar grammar) throws IOException {
        JsonSchema judge = SchemaCorpus.judge(schema);
        SplittableRandom random = new SplittableRandom(7);
        for (Map.Entry<String, Walks.Model> model : Walks.models().entrySet()) {
            for (int i = 0; i < ANSWERS; i++) {
                int spare = i == 0 ? 0 : random.nextInt(i % 2 == 0 ? 3 : 60);
                String answer =
                        Walks.answer(
                                grammar,
                                VOCABULARY,
                                grammar.sufficientTokens() + spare,
                                model.getValue(),
                                random);
                assertThat(judge.validate(SchemaCorpus.parse(answer)))
                        .as("%s, model that %s: %s", schema, model.getKey(), answer)
                        .isEmpty();
            }
        }
    }
}
