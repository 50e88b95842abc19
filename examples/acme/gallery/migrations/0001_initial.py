import django.contrib.sites.managers
import django.db.models.deletion
import django.db.models.manager
import gallery.models
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("sites", "0002_alter_domain_unique"),
    ]

    operations = [
        migrations.CreateModel(
            name="Picture",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=100)),
                ("image", models.ImageField(upload_to="pictures")),
                ("added_at", models.DateTimeField(auto_now_add=True)),
                (
                    "site",
                    models.ForeignKey(
                        default=gallery.models.current_site_id,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pictures",
                        to="sites.site",
                    ),
                ),
            ],
            options={
                "ordering": ["-added_at", "-pk"],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("on_site", django.contrib.sites.managers.CurrentSiteManager()),
            ],
        ),
    ]
