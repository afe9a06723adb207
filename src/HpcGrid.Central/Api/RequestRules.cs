using System.Collections;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Central.Api;

/// <summary>
/// JSON leaves out what nobody wrote, and then a text that must be there is null. Found here for every request, so that it is told as the
/// sender's mistake and nobody behind has to look.
/// </summary>
public static class RequestRules
{
    /// <summary>The request itself. Throws GridError(Invalid) that names what is missing.</summary>
    public static Request Check(Request? request)
    {
        if (request is null) throw GridError.Invalid("the frame has no request", "A frame is {\"id\": 1, \"request\": {\"type\": …}}.");
        // A report holds thousands of events: looked through by hand, because it is the one request that must be fast.
        if (request is not ReportEvents report) Check(request, "request");
        else if (report.Events is null || report.Events.Any(@event => @event?.What is null)) throw Missing("request.events");
        return request;
    }

    private static void Check(object value, string path)
    {
        if (value is string) return;
        if (value is IEnumerable items)
        {
            foreach (var item in items) Check(item ?? throw Missing(path + "[]"), path + "[]");
            return;
        }
        if (GridJson.Default.GetTypeInfo(value.GetType()) is not { } type) return;
        foreach (var property in type.Properties)
        {
            if (property.Get is not { } get || property.PropertyType.IsPrimitive) continue;
            var name = $"{path}.{property.Name}";
            if (get(value) is { } inner) Check(inner, name);
            else if (!property.IsGetNullable) throw Missing(name);
        }
    }

    private static GridError Missing(string what) => GridError.Invalid($"{what} is missing", "Client and central must be of the same version.");
}
