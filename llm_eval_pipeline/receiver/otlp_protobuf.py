"""Requests in protobuf: kept as they came, each behind its length."""

from __future__ import annotations

from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from llm_eval_pipeline.production.readers.framing import delimited, frames
from llm_eval_pipeline.receiver.breadth import refuse_broad_protobuf
from llm_eval_pipeline.receiver.encoding import Export
from llm_eval_pipeline.receiver.refusals import undecodable


class OtlpProtobuf:
    """OTLP in protobuf."""

    media_type = "application/x-protobuf"
    ending = ".otlp.pb"
    start = b""
    success = b""

    def decode(self, body: bytes) -> Export:
        """Read a request; unknown fields are kept."""
        refuse_broad_protobuf(body)
        request = ExportTraceServiceRequest()
        try:
            request.ParseFromString(body)
        except DecodeError as error:
            raise undecodable(f"the body is no OTLP trace export in protobuf: {error}") from None
        spans = sum(len(group.spans) for resource in request.resource_spans for group in resource.scope_spans)
        return Export(delimited(body), spans)

    def whole(self, data: bytes) -> int:
        """Where the last request ends that can be read: after a crash of the machine a tail may be whole and void."""
        for start, end in reversed(list(frames(data))):
            if start < end and _parses(data[start:end]):
                return end
        return 0

    def failure(self, code: int, why: str) -> bytes:
        """A status in protobuf."""
        return bytes(Status(code=code, message=why).SerializeToString())


def _parses(data: bytes) -> bool:
    try:
        ExportTraceServiceRequest().ParseFromString(data)
    except DecodeError:
        return False
    return True
