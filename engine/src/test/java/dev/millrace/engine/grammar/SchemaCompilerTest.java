package dev.millrace.engine.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random answers under a schema must be valid by another implementation, whatever the model wants. */
class SchemaCompilerTest {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    private static final TokenBytes VOCABULARY = Walks.vocabulary();
    private static final TokenTrie TRIE = new TokenTrie(VOCABULARY);

    static Stream<String> schemas() {
        return Stream.of(
                "{'type':'string'}",
                "{'type':'string','minLength':3,'maxLength':5}",
                "{'type':'integer'}",
                "{'type':'integer','minimum':-7,'maximum':123}",
                "{'type':'number','minimum':-0.5,'exclusiveMaximum':2.25}",
                "{'type':'number','multipleOf':0.25,'minimum':1,'maximum':3}",
                "{'type':'integer','multipleOf':7,'minimum':-50}",
                "{'type':'boolean'}",
                "{'enum':['a','b',1,null,{'x':[1,2]}]}",
                "{'type':['string','null'],'maxLength':2}",
                "{'type':'array','items':{'type':'integer'},'minItems':2,'maxItems':4}",
                "{'type':'array','prefixItems':[{'type':'string'},{'type':'boolean'}],'items':false}",
                "{'type':'object','properties':{'a':{'type':'string'},'b':{'type':'integer'}},'required':['a']}",
                "{'type':'object','properties':{'a':{'type':'string'},'b':{'type':'integer'},'c':{}},'required':['a','b'],'additionalProperties':false}",
                "{'type':'object','properties':{'a':{},'b':{},'c':{}},'minProperties':2,'maxProperties':2}",
                "{'anyOf':[{'type':'string','maxLength':3},{'type':'integer','minimum':100}]}",
                "{'oneOf':[{'type':'object','properties':{'k':{'const':'x'},'v':{'type':'integer'}},'required':['k','v']},{'type':'object','properties':{'k':{'const':'y'},'w':{'type':'string'}},'required':['k','w']}]}",
                "{'allOf':[{'type':'object','properties':{'a':{'type':'integer'}},'required':['a']},{'properties':{'a':{'minimum':3,'maximum':4},'b':{'type':'null'}}}]}",
                "{'$defs':{'n':{'type':'object','properties':{'v':{'type':'integer'},'next':{'anyOf':[{'$ref':'#/$defs/n'},{'type':'null'}]}},'required':['v','next']}},'$ref':'#/$defs/n'}",
                "{'type':'object','properties':{'name':{'type':'string','maxLength':8},'children':{'type':'array','items':{'$ref':'#'},'maxItems':3}},'required':['name']}",
                "{'type':'string','pattern':'^[a-c]{2,4}$'}",
                "{'type':'string','pattern':'\\\\d\\\\d','maxLength':6}",
                "{'type':'string','pattern':'^(foo|b\\\"ar\\\\\\\\)+$','maxLength':12}",
                "{'type':'string','format':'date'}",
                "{'type':'string','format':'date-time'}",
                "{'type':'string','format':'uuid'}",
                "{'type':'string','format':'email'}",
                "{'type':'string','format':'ipv4'}",
                "{'type':'string','format':'ipv6'}",
                "{'type':'string','format':'uri'}",
                "{'type':'string','format':'hostname'}",
                "{'type':'string','format':'time'}",
                "{'minimum':5}",
                "{'properties':{'a':{'type':'integer'}},'type':'object'}");
    }

    @ParameterizedTest
    @MethodSource("schemas")
    void answersAreValid(String quoted) throws IOException {
        String schema = quoted.replace('\'', '"');
        JsonSchema judge =
                JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                        .getSchema(
                                schema,
                                SchemaValidatorsConfig.builder()
                                        .formatAssertionsEnabled(true)
                                        .build());
        Rule rule = SchemaCompiler.compile(schema, new Lexemes(VOCABULARY.single()));
        SplittableRandom random = new SplittableRandom(7);
        for (Walks.Chooser chooser : choosers()) {
            for (int i = 0; i < 60; i++) {
                Configurations configurations = new Configurations(rule);
                TokenMasks masks = new TokenMasks(configurations, TRIE, VOCABULARY.width());
                int maxTokens = rule.shortest() + 1 + random.nextInt(i < 30 ? 3 : 60);
                String answer =
                        Walks.answer(
                                VOCABULARY, configurations, masks, maxTokens, 0.3, chooser, random);
                JsonNode value = JSON.readTree(answer);
                assertThat(judge.validate(value)).as("%s: %s", schema, answer).isEmpty();
            }
        }
    }

    private static List<Walks.Chooser> choosers() {
        return List.of(
                (allowed, random, vocabulary) -> allowed.get(random.nextInt(allowed.size())),
                // Prefers the longest tokens, which span fields.
                (allowed, random, vocabulary) ->
                        allowed.stream()
                                .max(
                                        java.util.Comparator.comparing(
                                                id -> vocabulary.of(id).length * 1000 + id % 7))
                                .orElseThrow(),
                // Never wants to end: digits, letters, new levels.
                (allowed, random, vocabulary) ->
                        allowed.stream()
                                .filter(id -> "]}\"".indexOf(vocabulary.of(id)[0]) < 0)
                                .findAny()
                                .orElse(allowed.get(0)));
    }
}
