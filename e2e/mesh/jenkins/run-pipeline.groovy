// Runs a declarative Jenkinsfile by JenkinsPipelineUnit, with every step of Jenkins mocked, and prints what happened as JSON:
//   java -cp 'jars/*' groovy.ui.GroovyMain run-pipeline.groovy FOLDER '{"params": {…}, "statuses": {"part of a script": 1}, "refused": ["a question"]}'
// Version 1.1 knows scripted pipelines alone, so the directives of declarative ones are given to it here as methods.
import com.lesfurets.jenkins.unit.BasePipelineTest
import groovy.json.JsonOutput
import groovy.json.JsonSlurper

class StageSkipped extends RuntimeException {}

class Refused extends RuntimeException {
    Refused(String question) { super("refused: $question".toString()) }
}

class Failed extends RuntimeException {
    Failed(String why) { super(why) }
}

class PipelineRun extends BasePipelineTest {
    Map scenario
    List<Map> events = []
    List<String> stages = []
    List<String> containers = []
    List<String> shells = []
    List<String> credentials = []
    Map asked = [:]
    Throwable failure
    String podYaml

    void note(Map event) { events << event + [stage: stages ? stages.last() : null] }

    void ask(Map question) {
        String message = question.message.toString()
        note(step: 'input', message: message)
        if (scenario.refused.any { message.contains(it) }) throw new Refused(message)
    }

    int status(String script) {
        note(step: 'sh', script: script, container: containers ? containers.last() : null, shell: shells ? shells.last() : '/bin/sh', credentials: credentials.clone())
        def entry = scenario.statuses.find { script.contains(it.key) }
        return entry ? entry.value as int : 0
    }

    void shell(String script) {
        int ended = status(script)
        if (ended != 0) throw new Failed("script returned exit code $ended".toString())
    }

    def within(List<String> list, String name, Closure body) {
        list << name
        try {
            return helper.callClosure(body)
        } finally {
            list.pop()
        }
    }

    void allow(String name, List<Class> types, Closure work) { helper.registerAllowedMethod(name, types, work) }

    void allowDirectives() {
        ['agent', 'kubernetes', 'options', 'parameters', 'environment', 'steps', 'script'].each { String name ->
            allow(name, [Closure]) { Closure body -> helper.callClosure(body) }
        }
        ['defaultContainer', 'message', 'ok'].each { String name -> allow(name, [String]) { String text -> asked[name] = text } }
        allow('yaml', [String]) { String text -> podYaml = text }
        allow('choice', [Map]) { Map given -> note(step: 'parameter', name: given.name) }
        allow('beforeInput', [Boolean]) { Boolean isBefore -> isBefore }
        allow('expression', [Closure]) { Closure body -> if (!helper.callClosure(body)) throw new StageSkipped() }
        allow('when', [Closure]) { Closure body -> helper.callClosure(body) }
        allow('stages', [Closure]) { Closure body ->
            try {
                helper.callClosure(body)
            } catch (Throwable error) {
                failure = error
            }
        }
        allow('stage', [String, Closure]) { String name, Closure body ->
            try {
                within(stages, name, body)
            } catch (StageSkipped skipped) {
                events.removeAll { it.stage == name }
                events << [step: 'skipped', stage: name]
            }
        }
        ['pipeline', 'post', 'always'].each { String name -> allow(name, [Closure]) { Closure body -> helper.callClosure(body) } }
    }

    void allowSteps() {
        allow('sh', [String]) { String script -> shell(script) }
        allow('sh', [Map]) { Map given ->
            if (given.returnStatus) return status(given.script.toString())
            shell(given.script.toString())
        }
        allow('input', [Closure]) { Closure body ->
            helper.callClosure(body)
            ask(message: asked.message)
        }
        allow('input', [Map]) { Map given -> ask(given) }
        allow('container', [String, Closure]) { String name, Closure body -> within(containers, name, body) }
        allow('container', [Map, Closure]) { Map given, Closure body -> within(shells, given.shell ?: '/bin/sh') { within(containers, given.name, body) } }
        ['string', 'file', 'usernamePassword'].each { String name -> allow(name, [Map]) { Map given -> given } }
        allow('withCredentials', [List, Closure]) { List given, Closure body -> within(credentials, given*.credentialsId.join(' '), body) }
        allow('echo', [String]) { String text -> note(step: 'echo', text: text) }
        allow('error', [String]) { String text -> throw new Failed(text) }
        allow('sleep', [Map]) { Map given ->
            note(step: 'sleep', time: given.time, unit: given.unit)
            if (scenario.stoppedWhileWaiting) throw new Refused('the build was stopped')
        }
        allow('timeout', [Map]) { Map given -> given }
        allow('timeout', [Map, Closure]) { Map given, Closure body -> helper.callClosure(body) }
        allow('archiveArtifacts', [Map]) { Map given -> note(step: 'archive', artifacts: given.artifacts) }
    }

    Map run(String folder) {
        baseScriptRoot = folder
        scriptRoots = [folder]
        setUp()
        allowDirectives()
        allowSteps()
        binding.setVariable('params', scenario.params)
        runScript('Jenkinsfile')
        String result = failure == null ? 'SUCCESS' : failure instanceof Refused ? 'ABORTED' : 'FAILURE'
        return [result: result, why: failure?.message, events: events, pod: podYaml]
    }
}

println JsonOutput.toJson(new PipelineRun(scenario: new JsonSlurper().parseText(args[1]) as Map).run(args[0]))
