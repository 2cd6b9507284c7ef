package dev.millrace.engine.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A mask allows exactly the tokens whose bytes lead on, and whose rest still fits. */
class TokenMasksTest {
    private static final TokenBytes VOCABULARY = Walks.vocabulary();
    private static final VocabularyTables TABLES = new VocabularyTables(VOCABULARY);
    private static final int MOST_STEPS_OF_BYTES = 256 * 8;
    private static final String MANY_READINGS =
            """
            {"anyOf": [
              {"type": "string", "pattern": "^(the|[a-m ]*)$"},
              {"type": "string", "pattern": "^[e-z]*na[a-z]*$"},
              {"type": "array", "items": {"type": ["integer", "string"]}}]}
            """;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type':'object','properties':{'name':{'type':'string','maxLength':200},'ok':{'type':'boolean'},"
                        + "'tags':{'type':'array','items':{'type':'string','maxLength':3}}},'required':['name','ok']}",
                "{'type':'array','items':{'anyOf':[{'type':'integer'},{'type':'string','minLength':2}]},'maxItems':90}",
                "{'type':'string','pattern':'^(ab|é😀)*$'}",
                "{'type':'string','minLength':30,'maxLength':60}",
                "{'anyOf':[{'type':'string','maxLength':5},{'type':'string','minLength':20,'maxLength':90}]}",
                "{'type':'object','properties':{'a':{'type':'string'}},'additionalProperties':{'type':'string'}}",
                "{'type':'string','pattern':'^.{3,30}$'}",
                "{'type':'string','pattern':'^[^,]*,[^e]*$','maxLength':12}",
                "{'type':'string','pattern':'e$','minLength':4,'maxLength':20}",
                "{'type':'string','pattern':'^[a-z0-9]([-a-z0-9]{0,9}[a-z0-9])?$'}",
                "{'type':'string','pattern':'^([A-Za-z ]|\\\\d)+$','maxLength':40}",
                "{'type':'array','items':{'type':'string','not':{'pattern':'[^\\\\S]'}},'maxItems':3}",
                "{'type':'object','additionalProperties':false,'patternProperties':{'^n':{'type':'string'},'e$':{'maxLength':9}}}",
                "{'anyOf':[{'type':'string','pattern':'^[a-z]*$'},{'type':'string','pattern':'^(the| the|日本)*$'}]}"
            })
    void allowsWhatStepsAllow(String quoted) {
        Rule rule =
                SchemaCompiler.compile(quoted.replace('\'', '"'), new Lexemes(VOCABULARY.single()));
        Configurations configurations = new Configurations(rule, TABLES.trie().longest());
        TokenMasks masks = new TokenMasks(configurations, TABLES, TokenMasks.MAX_STEPS);
        SplittableRandom random = new SplittableRandom(17);
        for (int walk = 0; walk < 25; walk++) {
            Configuration at = configurations.start();
            int left = rule.shortest() + 1 + random.nextInt(120);
            while (!at.complete() && left > 1) {
                TokenMask mask = masks.mask(at, left);
                at = compare(configurations, at, left, mask, random);
                left--;
            }
        }
    }

    /** Returns where a random allowed token leads. */
    private static Configuration compare(
            Configurations configurations,
            Configuration at,
            int left,
            TokenMask mask,
            SplittableRandom random) {
        Configuration chosen = null;
        int seen = 0;
        for (int id = 0; id < VOCABULARY.width(); id++) {
            Configuration to = id < VOCABULARY.size() ? run(configurations, at, id) : null;
            boolean fits = to != null && !to.dead() && to.distance() + 1 <= left - 1;
            assertThat(mask.allows(id)).as("token %d with %d left", id, left).isEqualTo(fits);
            if (fits) {
                seen++;
                chosen = random.nextInt(seen) == 0 ? to : chosen;
            }
        }
        assertThat(mask.count()).isEqualTo(seen);
        assertThat(chosen).isNotNull();
        return chosen;
    }

    private static Configuration run(Configurations configurations, Configuration from, int id) {
        byte[] token = VOCABULARY.of(id);
        if (token == null) {
            return null;
        }
        Configuration at = from;
        for (byte value : token) {
            at = configurations.step(at, value & 0xff);
        }
        return at;
    }

    /** Beyond the bound a mask holds less, but never what is not allowed; an answer goes on, and ends in time. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, 1_000})
    void theWorkOfAMaskIsBounded(int maxSteps) {
        Rule rule = SchemaCompiler.compile(MANY_READINGS, new Lexemes(VOCABULARY.single()));
        SplittableRandom random = new SplittableRandom(5);
        int missing = 0;
        for (int walk = 0; walk < 40; walk++) {
            Walk full = new Walk(rule, Integer.MAX_VALUE);
            Walk bounded = new Walk(rule, maxSteps);
            int left = rule.shortest() + 1 + random.nextInt(30);
            while (!bounded.at.complete() && left > 1) {
                TokenMask mask = bounded.masks.mask(bounded.at, left);
                assertThat(bounded.masks.steps()).isLessThan(maxSteps + MOST_STEPS_OF_BYTES);
                missing += missing(full.masks.mask(full.at, left), mask);
                int id = draw(mask, random);
                full.take(id);
                bounded.take(id);
                left--;
            }
            assertThat(bounded.at.accepting()).isTrue();
        }
        assertThat(missing > 0).isEqualTo(maxSteps < 1_000);
    }

    /** Tokens that the first mask has and the second one has not; no single bytes, and none the other way round. */
    private static int missing(TokenMask full, TokenMask bounded) {
        int missing = 0;
        for (int id = 0; id < VOCABULARY.size(); id++) {
            if (full.allows(id) != bounded.allows(id)) {
                assertThat(full.allows(id)).isTrue();
                assertThat(VOCABULARY.of(id)).hasSizeGreaterThan(1);
                missing++;
            }
        }
        return missing;
    }

    private static int draw(TokenMask mask, SplittableRandom random) {
        int[] allowed = IntStream.range(0, VOCABULARY.size()).filter(mask::allows).toArray();
        assertThat(allowed).hasSize(mask.count()).isNotEmpty();
        return allowed[random.nextInt(allowed.length)];
    }

    /** An answer with a table of its own: what was made for others does not matter. */
    private static final class Walk {
        private final Configurations configurations;
        private final TokenMasks masks;
        private Configuration at;

        Walk(Rule rule, int maxSteps) {
            configurations = new Configurations(rule, TABLES.trie().longest());
            masks = new TokenMasks(configurations, TABLES, maxSteps);
            at = configurations.start();
        }

        void take(int id) {
            at = run(configurations, at, id);
        }
    }

    @Test
    void placesInALongTextShareAMask() {
        Rule rule =
                SchemaCompiler.compile(
                        "{\"type\":\"string\",\"maxLength\":4000}",
                        new Lexemes(VOCABULARY.single()));
        Configurations configurations = new Configurations(rule, TABLES.trie().longest());
        TokenMasks masks = new TokenMasks(configurations, TABLES, TokenMasks.MAX_STEPS);
        Configuration at = configurations.step(configurations.start(), '"');
        TokenMask first = masks.mask(at, 5_000);
        for (int i = 0; i < 1_000; i++) {
            at = configurations.step(at, 'x');
            assertThat(masks.mask(at, 4_900)).isSameAs(first);
        }
    }

    @Test
    void tokensWithEqualBytesAreAllAllowed() {
        Rule rule =
                SchemaCompiler.compile("{\"enum\":[\"name\"]}", new Lexemes(VOCABULARY.single()));
        Configurations configurations = new Configurations(rule, TABLES.trie().longest());
        TokenMasks masks = new TokenMasks(configurations, TABLES, TokenMasks.MAX_STEPS);
        Configuration inside = configurations.step(configurations.start(), '"');
        TokenMask mask = masks.mask(inside, 100);
        assertThat(mask.count()).isEqualTo(4); // n, na, name and name again
    }
}
