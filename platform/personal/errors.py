"""What can go wrong with requests about personal data."""

from piecework.platform.errors import Conflict


class DataRequestOpen(Conflict):
    """One request of a kind at a time."""

    code = "data_request_open"
    title = "You have asked for this already, and it is not answered yet."


class DataRequestEnded(Conflict):
    """It was answered or withdrawn."""

    code = "data_request_ended"
    title = "This request has ended."


class NotForDeciding(Conflict):
    """Exports are made without anybody's leave."""

    code = "not_for_deciding"
    title = "An export needs nobody's decision."


class OwnDataRequest(Conflict):
    """Nobody decides their own request."""

    code = "own_data_request"
    title = "Another administrator must decide your own request."


class ErasureHindered(Conflict):
    """Erasing now would leave something unsettled; `hindrances` lists code and message of each."""

    code = "erasure_hindered"
    title = "The account cannot be erased yet."


class ExportFileGone(Conflict):
    """The file is not written yet, or was removed."""

    code = "export_file_gone"
    title = "There is no file of this request now."
