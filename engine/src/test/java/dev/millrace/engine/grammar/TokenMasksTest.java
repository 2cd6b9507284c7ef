package dev.millrace.engine.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A mask allows exactly the tokens whose bytes lead on, and whose rest still fits. */
class TokenMasksTest {
    private static final TokenBytes VOCABULARY = Walks.vocabulary();
    private static final VocabularyTables TABLES = new VocabularyTables(VOCABULARY);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type':'object','properties':{'name':{'type':'string','maxLength':200},'ok':{'type':'boolean'},"
                        + "'tags':{'type':'array','items':{'type':'string','maxLength':3}}},'required':['name','ok']}",
                "{'type':'array','items':{'anyOf':[{'type':'integer'},{'type':'string','minLength':2}]},'maxItems':90}",
                "{'type':'string','pattern':'^(ab|é😀)*$'}",
                "{'type':'string','minLength':30,'maxLength':60}",
                "{'anyOf':[{'type':'string','maxLength':5},{'type':'string','minLength':20,'maxLength':90}]}",
                "{'type':'object','properties':{'a':{'type':'string'}},'additionalProperties':{'type':'string'}}"
            })
    void allowsWhatStepsAllow(String quoted) {
        Rule rule =
                SchemaCompiler.compile(quoted.replace('\'', '"'), new Lexemes(VOCABULARY.single()));
        Configurations configurations = new Configurations(rule, TABLES.trie().longest());
        TokenMasks masks = new TokenMasks(configurations, TABLES);
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

    @Test
    void placesInALongTextShareAMask() {
        Rule rule =
                SchemaCompiler.compile(
                        "{\"type\":\"string\",\"maxLength\":4000}",
                        new Lexemes(VOCABULARY.single()));
        Configurations configurations = new Configurations(rule, TABLES.trie().longest());
        TokenMasks masks = new TokenMasks(configurations, TABLES);
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
        TokenMasks masks = new TokenMasks(configurations, TABLES);
        Configuration inside = configurations.step(configurations.start(), '"');
        TokenMask mask = masks.mask(inside, 100);
        assertThat(mask.count()).isEqualTo(4); // n, na, name and name again
    }
}
