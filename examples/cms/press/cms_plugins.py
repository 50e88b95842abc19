"""The plugins that editors put into a page."""

from cms.plugin_base import CMSPluginBase
from cms.plugin_pool import plugin_pool

from press.models import Words


@plugin_pool.register_plugin
class WordsPlugin(CMSPluginBase):
    name = "Words"
    model = Words
    render_template = "press/words.html"
