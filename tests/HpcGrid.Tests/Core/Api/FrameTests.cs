using System.Collections;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Tests.Core.Api;

/// <summary>
/// Every message of the conversation goes through GridJson and comes back the same. The types are found by reflection and filled
/// with made-up values, so that a new one, or a new property that is not serialised, fails here.
/// </summary>
public sealed class FrameTests
{
    public static IEnumerable<Type> Requests => Concrete(typeof(Request));
    public static IEnumerable<Type> Replies => Concrete(typeof(Reply));
    public static IEnumerable<Type> Pushes => Concrete(typeof(Push));
    public static IEnumerable<Type> Happenings => Concrete(typeof(Happening));

    [TestCaseSource(nameof(Requests))]
    public void Every_request_survives_the_wire(Type type)
    {
        var frame = new RequestFrame(7, (Request)Made(type));
        var back = ApiProtocol.DecodeRequest(ApiProtocol.Encode(frame));
        Assert.That(back.Id, Is.EqualTo(7));
        AssertSame(frame.Request, back.Request);
    }

    [TestCaseSource(nameof(Replies))]
    public void Every_reply_survives_the_wire(Type type)
    {
        var frame = new ServerFrame { Id = 7, Reply = (Reply)Made(type) };
        AssertSame(frame, ApiProtocol.DecodeServer(ApiProtocol.Encode(frame)));
    }

    [TestCase("""{"argv":["/bin/echo","a\\b"]}""", 2)]
    [TestCase("{\"argv\":[\"\u00e4\u20ac\"]}", 6, Description = "letters of all alphabets go the general way")]
    [TestCase("{\n\t\"argv\": []}", 6)]
    [TestCase("", 0)]
    public void A_specification_arrives_letter_by_letter_and_its_quotes_are_short(string spec, int bytesOfQuote)
    {
        var frame = new ServerFrame { Id = 7, Reply = new Matched(Guid.Empty, [new Assignment(1, 2, spec, "g", [], "t"), new Assignment(2, 1, "{}", "g", [], "t")]) };
        var bytes = ApiProtocol.Encode(frame);
        var back = ((Matched)ApiProtocol.DecodeServer(bytes).Reply!).Assignments.Select(one => (one.Job, one.Attempt, one.Spec));
        Assert.That(back, Is.EqualTo(new[] { (1L, 2, spec), (2L, 1, "{}") }));
        using var document = JsonDocument.Parse(bytes.Written);
        var raw = document.RootElement.GetProperty("reply").GetProperty("assignments")[0].GetProperty("spec").GetRawText();
        var quote = raw.Contains(@"\u0022", StringComparison.Ordinal) ? 6 : raw.Contains("\\\"", StringComparison.Ordinal) ? 2 : 0;
        Assert.That(quote, Is.EqualTo(bytesOfQuote));
    }

    [TestCase("""{"job": 1, "attempt": 1, "spec": "{}", "grant": "g", "sources": [], "token": "t", "later": {"a": [1]}}""")]
    [TestCase("""{"token": "t", "grant": "g", "spec": "{}", "attempt": 1, "job": 1}""")]
    public void An_assignment_is_understood_in_any_order_and_of_a_later_version(string text) =>
        Assert.That(JsonSerializer.Deserialize(text, GridJson.Default.Assignment)!.Spec, Is.EqualTo("{}"));

    [TestCase("""{"job": 1, "attempt": 1, "grant": "g", "sources": [], "token": "t"}""")]
    [TestCase("[]")]
    [TestCase("""{"job": "one"}""")]
    [TestCase("""{"job": 99999999999999999999}""")]
    [TestCase("""{"spec": 1}""")]
    public void What_is_no_assignment_is_no_answer(string text) => Assert.That(
        () => ApiProtocol.DecodeServer(Encoding.UTF8.GetBytes($$$"""{"id":1,"reply":{"type":"matched","requestId":"{{{Guid.Empty}}}","assignments":[{{{text}}}]}}""")),
        Throws.TypeOf<GridError>());

    [TestCaseSource(nameof(Pushes))]
    public void Every_push_survives_the_wire(Type type)
    {
        var frame = new ServerFrame { Push = (Push)Made(type) };
        AssertSame(frame, ApiProtocol.DecodeServer(ApiProtocol.Encode(frame)));
    }

    [TestCaseSource(nameof(Happenings))]
    public void Every_happening_survives_a_file(Type type)
    {
        var @event = new JobEvent(17, new EventKey(2, 1, EventSource.Agent, 3), DateTimeOffset.UnixEpoch, (Happening)Made(type));
        AssertSame(@event, JsonSerializer.Deserialize(JsonSerializer.Serialize(@event, GridJson.Default.JobEvent), GridJson.Default.JobEvent)!);
    }

    [Test]
    public void Every_request_of_the_list_is_answered_by_a_reply_of_the_list()
    {
        foreach (var type in Requests)
            Assert.That(Replies, Does.Contain(type.BaseType!.GetGenericArguments().Single()), type.Name);
    }

    [TestCase(typeof(Request))]
    [TestCase(typeof(Reply))]
    [TestCase(typeof(Push))]
    [TestCase(typeof(Happening))]
    public void Every_type_of_a_closed_list_has_a_name_of_its_own_on_the_wire(Type list)
    {
        var listed = list.GetCustomAttributes<JsonDerivedTypeAttribute>().ToList();
        Assert.That(listed.Select(attribute => attribute.DerivedType), Is.EquivalentTo(Concrete(list)));
        Assert.That(listed.Select(attribute => attribute.TypeDiscriminator), Is.Unique);
    }

    [TestCaseSource(nameof(Specifications))]
    public void A_specification_and_a_report_survive_a_file(object value, Func<object, object> there)
    {
        AssertSame(value, there(value));
    }

    public static IEnumerable<TestCaseData> Specifications()
    {
        yield return new TestCaseData(Made(typeof(JobSpec)),
            (object spec) => (object)JsonSerializer.Deserialize(JsonSerializer.Serialize((JobSpec)spec, GridJson.Default.JobSpec), GridJson.Default.JobSpec)!)
            .SetName("A specification survives a file");
        yield return new TestCaseData(Made(typeof(JobReport)),
            (object report) => (object)JsonSerializer.Deserialize(JsonSerializer.Serialize((JobReport)report, GridJson.Default.JobReport), GridJson.Default.JobReport)!)
            .SetName("A report survives a file");
    }

    [Test]
    public void An_error_keeps_its_code_message_and_hint()
    {
        foreach (var code in Enum.GetValues<ErrorCode>())
        {
            var error = ApiError.From(new GridError(code, "what \"happened\"", "what to do"));
            var back = ApiProtocol.DecodeServer(ApiProtocol.Encode(new ServerFrame { Id = 1, Error = error })).Error!.ToException();
            Assert.That((back.Code, back.Message, back.Hint), Is.EqualTo((code, "what \"happened\"", "what to do")));
        }
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("{\"id\":1,\"request\":{\"type\":\"selfDestruct\"}}")]
    [TestCase("{\"id\":\"x\",\"request\":{\"type\":\"whoami\"}}")]
    [TestCase("\0\u0001\u0002")]
    public void A_frame_that_is_no_request_is_refused_as_invalid(string text) =>
        Assert.That(Assert.Throws<GridError>(() => ApiProtocol.DecodeRequest(Encoding.UTF8.GetBytes(text)))!.Code, Is.EqualTo(ErrorCode.Invalid));

    [Test]
    public void A_request_whose_type_comes_last_is_read_too()
    {
        var frame = ApiProtocol.DecodeRequest("{\"request\":{\"job\":5,\"type\":\"describeJob\"},\"id\":3}"u8);
        Assert.That(frame, Is.EqualTo(new RequestFrame(3, new DescribeJob(5))));
    }

    [Test]
    public void A_specification_of_an_earlier_version_gets_what_it_does_not_say()
    {
        var spec = JsonSerializer.Deserialize("""{"user":"jdoe","argv":["/bin/true"],"resources":{"cores":1,"memoryMib":1,"diskMib":1,"ttlSeconds":1}}""", GridJson.Default.JobSpec)!;
        Assert.That((spec.MadeFiles, spec.Limits), Is.EqualTo((Array.Empty<MadeFile>(), JobLimits.Default)));
    }

    private static IEnumerable<Type> Concrete(Type list) =>
        list.Assembly.GetTypes().Where(type => type.IsSubclassOf(list) && !type.IsAbstract).OrderBy(type => type.Name, StringComparer.Ordinal);

    /// <summary>Compares what the two hold, not their JSON: a property that JSON leaves out shows.</summary>
    private static void AssertSame(object sent, object received) => Assert.That(Shown(received), Is.EqualTo(Shown(sent)));

    private static string Shown(object? value) => value switch
    {
        null => "null",
        string or ValueType when value.GetType().Namespace == "System" || value is Enum => $"{value}",
        IDictionary map => "{" + string.Join(", ", map.Keys.Cast<object>().Select(key => $"{key}: {Shown(map[key])}").Order(StringComparer.Ordinal)) + "}",
        IEnumerable list => "[" + string.Join(", ", list.Cast<object>().Select(Shown)) + "]",
        _ => value.GetType().Name + "(" + string.Join(", ", Properties(value.GetType()).Select(property => $"{property.Name} = {Shown(property.GetValue(value))}")) + ")",
    };

    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.GetIndexParameters().Length == 0);

    /// <summary>A value with nothing in it left empty.</summary>
    private static object Made(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) return "a \"text\"\nwith é";
        if (type == typeof(bool)) return true;
        if (type == typeof(int)) return 42;
        if (type == typeof(long)) return 1L << 40;
        if (type == typeof(double)) return 2.5;
        if (type == typeof(Guid)) return Guid.Parse("12345678-1234-5678-1234-567812345678");
        if (type == typeof(DateTimeOffset)) return new DateTimeOffset(2026, 11, 21, 12, 0, 0, 123, TimeSpan.Zero);
        if (type == typeof(Counters)) return Counters.Parse("gpu=0.5,licence=2");
        if (type.IsEnum) return Enum.GetValues(type).GetValue(Enum.GetValues(type).Length - 1)!;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)) return List(type.GetGenericArguments()[0]);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>)) return Map(type.GetGenericArguments());
        if (type.IsAbstract) return Made(Concrete(type).First());
        var constructor = type.GetConstructors().OrderByDescending(candidate => candidate.GetParameters().Length).First();
        var made = constructor.Invoke([.. constructor.GetParameters().Select(parameter => Made(parameter.ParameterType))]);
        foreach (var property in Properties(type).Where(property => property.CanWrite)) property.SetValue(made, Made(property.PropertyType));
        return made;
    }

    private static Array List(Type element)
    {
        var items = Array.CreateInstance(element, 2);
        items.SetValue(Made(element), 0);
        items.SetValue(Made(element), 1);
        return items;
    }

    private static IDictionary Map(Type[] types)
    {
        var map = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(types))!;
        map[Made(types[0])] = Made(types[1]);
        return map;
    }
}
